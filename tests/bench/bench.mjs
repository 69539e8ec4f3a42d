// Runs the measurements of script/bench and prints them as a table: node bench.mjs BUILD_FOLDER
// Each stage runs in a process and, where it makes sockets or links, in a namespace of its own:
// node bench.mjs BUILD_FOLDER STAGE prints that stage's rows as JSON.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";

import { WebSocket } from "../support/client.mjs";
import { pause, until, within } from "../support/wait.mjs";

const [build, stage] = process.argv.slice(2);
const IN_NAMESPACE = fileURLToPath(new URL("../support/in_namespace", import.meta.url));
const PSUTIL_PEER = fileURLToPath(new URL("psutil_peer.py", import.meta.url));
const SOCKET_PAIRS = 10_000; // of one program; its descriptors are limited
const CLIENTS = 1000;
const FANOUT_SECONDS = 10;
const IDLE_SECONDS = 30;

const program = (name) => path.resolve(build, name);
const json = (name, ...args) => JSON.parse(execFileSync(program(name), args, { encoding: "utf8" }));
const ms = (us) => `${(us / 1000).toFixed(us < 10_000 ? 2 : 1)} ms`;
const times = (a, b) => `${(a / b).toFixed(2)} ×`;

// CPU time of all threads of a process so far, in ns, to the accuracy of the scheduler.
function cpuNs(pid) {
    return readdirSync(`/proc/${pid}/task`)
        .reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]), 0);
}

const rssKb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

function launch(name, args) {
    const child = spawn(program(name), args, { stdio: ["pipe", "pipe", "inherit"] });
    child.text = "";
    child.stdout.on("data", (text) => { child.text += text; });
    child.ended = new Promise((done) => child.on("close", done));
    return child;
}

const says = (child, pattern) => until(() => pattern.exec(child.text) || (child.exitCode !== null && ["", ""]), `${pattern}`, 60_000);

async function launchServer(name, intervalMs) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "ifpulse-bench-"));
    const config = path.join(folder, "ifpulse.json");
    writeFileSync(config, JSON.stringify({ cpu_budget_percent: 0, limits: { clients: 2 * CLIENTS, clients_per_address: 2 * CLIENTS } }));
    const child = spawn(program(name), ["--listen", "127.0.0.1:0", "--interval-ms", String(intervalMs), "--config", config],
        { stdio: ["ignore", "pipe", "pipe"] });
    child.text = "";
    child.stdout.on("data", (text) => { child.text += text; });
    child.stderr.on("data", (text) => { child.text += text; });
    child.ended = new Promise((done) => child.on("close", done));
    [, child.port] = await until(() => /listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(child.text), () => `the server: ${child.text}`);
    rmSync(folder, { recursive: true });
    return child;
}

async function stop(child) {
    child.kill("SIGTERM");
    await within(child.ended, "the end of a program");
}

// The median CPU time (user and system) of a command that writes to nowhere, in us.
function commandUs(command, count = 5) {
    const rounds = Array.from({ length: count }, () => {
        const { stderr } = spawnSync("bash", ["-c", `TIMEFORMAT='%U %S'; time ${command} >/dev/null`], { encoding: "utf8" });
        const [user, system] = stderr.trim().split(/\s+/).slice(-2).map(Number);
        return (user + system) * 1e6;
    });
    return rounds.sort((a, b) => a - b)[count >> 1];
}

const psutilUs = (what, rounds = 5) =>
    JSON.parse(execFileSync("/usr/bin/python3", [PSUTIL_PEER, what, String(rounds)], { encoding: "utf8" })).cpu_us;

// Holds that many TCP connections, both ends, in as many programs as it takes.
async function openSockets(pairs) {
    const holders = [];
    let opened = 0;
    while (opened < pairs) {
        const holder = launch("open_sockets", [String(Math.min(pairs - opened, SOCKET_PAIRS))]);
        holders.push(holder);
        const more = Number((await says(holder, /open (\d+)/))[1]);
        opened += more;
        if (more === 0) {
            break;
        }
    }
    return { opened, close: async () => {
        holders.forEach((holder) => holder.stdin.end());
        await Promise.all(holders.map((holder) => holder.ended));
    } };
}

// What owners cost by the best evidence there is, and once more without the right to that.
function ownersRows(bare) {
    const withoutBpf = ["--bounding-set=-bpf,-perfmon,-sys_admin", program("bench_owners")];
    const found = [json("bench_owners"), JSON.parse(execFileSync("setpriv", withoutBpf, { encoding: "utf8" }))];
    const words = { bpf: "listed by the kernel (BPF)", proc: "searched for in /proc" };
    return found.filter(({ evidence }, i) => i === 0 || evidence !== found[0].evidence).map(({ evidence, later_us: later, first_us: first }) =>
        [`· owners, ${words[evidence]}`, ms(later), `bare dump: ${times(later, bare.cpu_us)}; the first time ${ms(first)}`]);
}

async function benchSockets(pairs) {
    const rounds = pairs > SOCKET_PAIRS ? 1 : 5; // ss takes half a minute for 200,000
    const held = await openSockets(pairs);
    const bare = json("bare_dump", "sockets");
    const tick = json("bench_tick", "sockets");
    const owners = ownersRows(bare);
    const ss = commandUs("ss -tinp", rounds);
    const psutil = psutilUs("sockets", rounds);
    await held.close();
    const sockets = `${tick.count.toLocaleString("en")} sockets`;
    return [
        [`tick, ${sockets}: whole (read, owners, copy, diff, encode)`, ms(tick.tick_us), `bare sock_diag dump ${ms(bare.cpu_us)}: ${times(tick.tick_us, bare.cpu_us)}`],
        ["· of that reading with owners and tcp_info", ms(tick.read_us), `bare dump: ${times(tick.read_us, bare.cpu_us)}`],
        ...owners,
        ["· of that copy, diff, remember, encode", ms(tick.observe_us + tick.update_us + tick.remember_us + tick.encode_us), `copy ${ms(tick.observe_us)}, diff ${ms(tick.update_us)}, remember ${ms(tick.remember_us)}, encode ${ms(tick.encode_us)}`],
        ["· the same sockets by `ss -tinp`", ms(ss), `our whole tick: 1/${(ss / tick.tick_us).toFixed(1)}`],
        ["· the same sockets by psutil", ms(psutil), `our whole tick: 1/${(psutil / tick.tick_us).toFixed(1)}`],
    ];
}

async function benchInterfaces(count) {
    const commands = Array.from({ length: count / 2 }, (_, i) => `link add a${i} type veth peer name b${i}\n`).join("");
    execFileSync("ip", ["-batch", "-"], { input: commands });
    const bare = json("bare_dump", "interfaces");
    const tick = json("bench_tick", "interfaces");
    const ip = commandUs("ip -s -j link");
    const psutil = psutilUs("interfaces");
    execFileSync("ip", ["-batch", "-"], { input: commands.replace(/add (\w+) .* (\w+)\n/g, "set $1 up\nlink set $2 up\n") });
    const busy = json("bench_tick", "busy");
    const busyBare = json("bare_dump", "interfaces");
    return [
        [`tick, ${tick.count.toLocaleString("en")} interfaces: whole`, ms(tick.tick_us), `bare RTM_GETSTATS dump ${ms(bare.cpu_us)}: ${times(tick.tick_us, bare.cpu_us)}`],
        ["· of that reading", ms(tick.read_us), `bare dump: ${times(tick.read_us, bare.cpu_us)}`],
        ["· when every one of them has sent something since the tick before", ms(busy.tick_us),
            `bare dump ${ms(busyBare.cpu_us)}: ${times(busy.tick_us, busyBare.cpu_us)}; read ${ms(busy.read_us)}, copy ${ms(busy.observe_us)}, diff ${ms(busy.update_us)}, remember ${ms(busy.remember_us)}, encode ${ms(busy.encode_us)}`],
        ["· the same by `ip -s -j link`", ms(ip), `our whole tick: 1/${(ip / tick.tick_us).toFixed(1)}`],
        ["· the same by psutil", ms(psutil), `our whole tick: 1/${(psutil / tick.tick_us).toFixed(1)}`],
    ];
}

// CPU of the program at pid while `clients` raw clients drain it, with what they got.
async function drained(pid, port, clients, topic, seconds) {
    const crowd = launch("ws_clients", ["127.0.0.1", String(port), String(clients), String(seconds), ...[topic].flat()]);
    await says(crowd, /started/);
    const before = cpuNs(pid);
    await says(crowd, /\{.*\}/);
    const cpu = cpuNs(pid) - before;
    await crowd.ended;
    return { cpu, ...JSON.parse(/\{.*\}/.exec(crowd.text)[0]) };
}

async function benchFanout() {
    const interval = 100;
    const server = await launchServer("ifpulse-fake", interval);
    const one = await drained(server.pid, server.port, 1, "interfaces", 5);
    const all = await drained(server.pid, server.port, CLIENTS, "interfaces", FANOUT_SECONDS);
    const four = await drained(server.pid, server.port, CLIENTS, ["interfaces", "totals", "server", "owners"], FANOUT_SECONDS);
    await stop(server);
    const bytes = Math.round(all.bytes / all.messages);

    const bare = launch("bare_send", [String(CLIENTS), String(bytes), String(interval)]);
    const [, port] = await says(bare, /port (\d+)/);
    const least = await drained(bare.pid, port, CLIENTS, "x", FANOUT_SECONDS);
    bare.kill();
    await bare.ended;

    const withoutOne = all.cpu - one.cpu * (FANOUT_SECONDS / 5);
    const perDelivery = withoutOne / all.messages / 1000;
    const perSend = least.cpu / least.messages / 1000;
    return [
        [`fan-out, ${CLIENTS.toLocaleString("en")} clients, one frame of ${bytes.toLocaleString("en")} B each tick: CPU per delivery`, `${perDelivery.toFixed(2)} us`,
            `bare send() loop ${perSend.toFixed(2)} us: ${times(perDelivery, perSend)}`],
        ["· with reading and encoding, which are the same for one client", `${(all.cpu / all.messages / 1000).toFixed(2)} us`,
            `${all.messages.toLocaleString("en")} deliveries; bare loop ${least.messages.toLocaleString("en")}`],
        ["· of four streams to each client, which leave together", `${(four.cpu / four.messages / 1000).toFixed(2)} us`, `${four.messages.toLocaleString("en")} deliveries, reading connections and encoding included`],
        ["· tick → client, p99 over all clients", `${all.p99_ms} ms`, `p50 ${all.p50_ms} ms, most ${all.max_ms} ms; bare loop p99 ${least.p99_ms} ms, p50 ${least.p50_ms} ms`],
    ];
}

async function benchIdle() {
    const server = await launchServer("ifpulse", 1000);
    const alone = cpuNs(server.pid);
    await pause(5000);
    const unwatched = (cpuNs(server.pid) - alone) / 5e9;
    const crowd = launch("ws_clients", ["127.0.0.1", server.port, "1", String(IDLE_SECONDS), "interfaces", "connections", "owners", "totals", "events", "server"]);
    await says(crowd, /started/);
    const before = cpuNs(server.pid);
    await says(crowd, /\{.*\}/);
    const cpu = (cpuNs(server.pid) - before) / (IDLE_SECONDS * 1e9);
    const rss = rssKb(server.pid);
    await stop(server);
    return [
        ["idle, this host, 1 Hz, one client on all topics: CPU", `${(cpu * 100).toFixed(3)} % of a core`, `nobody watching: ${(unwatched * 100).toFixed(3)} %`],
        ["· resident memory", `${(rss / 1024).toFixed(1)} MB`, ""],
    ];
}

// Bytes of the first snapshot and of the deltas of a topic, as text and raw deflate.
async function topicBytes(port, topic, deltas) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, "ifpulse.v1", { perMessageDeflate: false });
    const snapshot = [];
    const rest = [];
    socket.on("open", () => socket.send(JSON.stringify({ op: "subscribe", id: 1, topic })));
    socket.on("message", (data) => {
        const message = JSON.parse(data);
        if (message.op === "snapshot" && rest.length === 0) {
            snapshot.push(data);
        } else if (message.op === "delta" || message.op === "snapshot") {
            rest.push({ data, isLast: (message.part ?? 1) === (message.parts ?? 1) });
        }
    });
    await until(() => rest.filter((each) => each.isLast).length >= deltas, `${deltas} deltas of ${topic}`, 60_000);
    socket.terminate();
    const ticks = rest.filter((each) => each.isLast).length;
    const size = (list) => list.reduce((sum, data) => sum + data.length, 0);
    const packed = (list) => list.reduce((sum, data) => sum + zlib.deflateRawSync(data).length, 0);
    const parts = rest.map((each) => each.data);
    return { snapshot: size(snapshot), delta: size(parts) / ticks, packed: packed(parts) / ticks };
}

async function benchBytes() {
    const server = await launchServer("ifpulse-fake", 1000);
    const rows = [];
    for (const topic of ["interfaces", "connections"]) {
        const { snapshot, delta, packed } = await topicBytes(server.port, topic, 10);
        const share = (bytes) => `${((bytes / snapshot) * 100).toFixed(1)} %`;
        rows.push([`bytes a tick, scripted network at 1 Hz, ${topic}`, `${Math.round(delta).toLocaleString("en")} B`,
            `snapshot ${snapshot.toLocaleString("en")} B: ${share(delta)}; deflated ${Math.round(packed).toLocaleString("en")} B: ${share(packed)}`]);
    }
    await stop(server);
    return rows;
}

const at = (sorted, share) => sorted[Math.floor(sorted.length * share)];

// Times in ms from the word to `ip` until a link that is switched off and on is told of as down: to a
// client of the server, and, as the kernel lets anyone know, by `ip monitor`.
async function toggleLink(port, toggles) {
    const ip = spawn("ip", ["-batch", "-"], { stdio: ["pipe", "inherit", "inherit"] });
    const monitor = spawn("stdbuf", ["-oL", "ip", "-o", "monitor", "link"], { stdio: ["ignore", "pipe", "inherit"] });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, "ifpulse.v1", { perMessageDeflate: false });
    const took = [];
    const heard = { client: undefined, kernel: undefined };
    socket.on("open", () => socket.send(JSON.stringify({ op: "subscribe", id: 1, topic: "interfaces", interval_ms: 60_000 })));
    socket.on("message", (data) => {
        const message = JSON.parse(data);
        const link = (message.data ?? message.patch)?.a0;
        if (link?.is_up !== undefined) {
            heard.client?.(link.is_up, performance.now());
        }
    });
    monitor.stdout.on("data", (text) => {
        for (const [, flags] of String(text).matchAll(/\ba0@\S+ <([^>]*)>/g)) {
            heard.kernel?.(flags.split(",").includes("UP"), performance.now());
        }
    });
    const hears = (who, isUp) => new Promise((done) => {
        heard[who] = (isUpNow, time) => isUpNow === isUp && done(time);
    });
    const switchTo = (word) => {
        const both = Promise.all([hears("client", word === "up"), hears("kernel", word === "up")]);
        const from = performance.now();
        ip.stdin.write(`link set a0 ${word}\n`);
        return within(both.then((times) => times.map((time) => time - from)), `the link to be ${word}`);
    };
    await until(() => socket.readyState === WebSocket.OPEN, "the client to be connected");
    await pause(200);
    await switchTo("up");
    for (let i = 0; i < toggles; i += 1) {
        await pause(5 + (i % 20));
        took.push(await switchTo("down"));
        await pause(5 + (i % 20));
        await switchTo("up");
    }
    await switchTo("down");
    socket.terminate();
    monitor.kill();
    ip.stdin.end();
    return [([client]) => client, ([, kernel]) => kernel, ([client, kernel]) => client - kernel]
        .map((pick) => took.map(pick).sort((a, b) => a - b));
}

async function benchLink() {
    const rows = [];
    execFileSync("ip", ["link", "add", "a0", "type", "veth", "peer", "name", "b0"]);
    execFileSync("ip", ["link", "set", "b0", "up"]);
    for (const [intervalMs, others] of [[1000, 0], [60_000, 0], [60_000, 1000]]) {
        const commands = Array.from({ length: others / 2 }, (_, i) => `link add c${i} type veth peer name d${i}\n`).join("");
        execFileSync("ip", ["-batch", "-"], { input: commands });
        const server = await launchServer("ifpulse", intervalMs);
        const [client, kernel, between] = await toggleLink(server.port, 250);
        await stop(server);
        rows.push([`link down → client, interval ${intervalMs / 1000} s${others ? `, ${others.toLocaleString("en")} other interfaces` : ""}: p99 of ${client.length}`,
            ms(at(client, 0.99) * 1000), `p50 ${ms(at(client, 0.5) * 1000)}; \`ip monitor\` p99 ${ms(at(kernel, 0.99) * 1000)}, p50 ${ms(at(kernel, 0.5) * 1000)}; from that to the client p99 ${ms(at(between, 0.99) * 1000)}`]);
    }
    return rows;
}

const STAGES = {
    "1,000 sockets": { run: () => benchSockets(500), isInside: true },
    "20,000 sockets": { run: () => benchSockets(SOCKET_PAIRS), isInside: true },
    "as many sockets as a host may have": { run: () => benchSockets(10 * SOCKET_PAIRS), isInside: true },
    "10 interfaces": { run: () => benchInterfaces(10), isInside: true },
    "1,000 interfaces": { run: () => benchInterfaces(1000), isInside: true },
    link: { run: benchLink, isInside: true },
    fanout: { run: benchFanout, isInside: true },
    bytes: { run: benchBytes, isInside: true },
    idle: { run: benchIdle, isInside: false },
};

if (stage) {
    console.log(JSON.stringify(await STAGES[stage].run()));
    process.exit(0);
}
const [cpu] = os.cpus();
console.log(`Linux ${os.release()}, ${os.cpus().length} cores (${cpu.model.trim()}). CPU times; medians.\n`);
console.log("| job | ifpulse | beside |\n|---|---|---|");
for (const [name, { isInside }] of Object.entries(STAGES)) {
    const argv = [process.execPath, fileURLToPath(import.meta.url), build, name];
    const { stdout, stderr, status } = spawnSync(isInside ? IN_NAMESPACE : argv[0], isInside ? argv : argv.slice(1), { encoding: "utf8" });
    if (status !== 0) {
        console.log(`| ${name} | not measured | ${(stderr || stdout).trim().split("\n").filter((line) => /\S/.test(line)).slice(-3).join(" ").slice(0, 300)} |`);
        continue;
    }
    for (const row of JSON.parse(stdout.trim().split("\n").at(-1))) {
        console.log(`| ${row.join(" | ")} |`);
    }
}
