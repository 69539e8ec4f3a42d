// Other network namespaces: what is in them, how they come and go, and what their being looked at
// must not do.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, rmdirSync } from "node:fs";
import { beforeEach, test } from "node:test";

import { Client } from "../support/client.mjs";
import { addNamespace, addWire, kernelCounters, run, runInside, start, usage } from "../support/network.mjs";
import { IFPULSE, IFPULSE_FAKE, launchServer, runOnce, startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const LISTENER = `
import socket, sys, time
held = [socket.create_server(("0.0.0.0", int(sys.argv[1])))]
for place in sys.argv[2:]:
    held.append(socket.create_connection(tuple(place.split(":"))))
    held.append(held[0].accept()[0] if place.startswith("127.") else None)
print("ready", flush=True)
time.sleep(600)`;

// Listens on a port, and is connected to the places ("127.0.0.1:80": to itself).
async function startProgram(t, namespace, port, ...places) {
    const program = start(t, ["/usr/bin/python3", "-c", LISTENER, String(port), ...places], { namespace });
    await until(() => program.output.includes("ready"), () => `a program in ${namespace}: ${program.output}`);
    return program;
}

const serve = (t, options = {}) => startServer(t, { ...options, args: ["--namespaces", ...(options.args ?? [])] });
const capability = async (server) => (await server.get("/api/v1/server")).json.data.capabilities.namespaces;
const topic = async (server, name) => (await server.get(`/api/v1/${name}`)).json.data;
const processes = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
const inodeOf = (pid) => /\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))[0];
const execute = (program, ...words) => execFileSync(program, words, { stdio: "pipe" }); // words as they are
const remove = (...names) => names.forEach((name) => run(`ip netns del ${name}`));

function otherInodes() {
    const all = processes().flatMap((pid) => {
        try {
            return [readlinkSync(`/proc/${pid}/ns/net`)];
        } catch {
            return []; // it has ended
        }
    });
    return new Set(all.filter((link) => link !== readlinkSync("/proc/self/ns/net")));
}

// Sends 20 datagrams of 1,000 bytes, from inside the namespace.
const send = (namespace, address) => execute("nsenter", `--net=/run/netns/${namespace}`, "/usr/bin/python3", "-c", `
import socket
for i in range(20):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(bytes(1000), ("${address}", 9))`);

const list = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

// Each test begins with no namespace but its own, and nothing in that. The kernel takes its time to
// do away with one and with the wires that lead into it.
beforeEach(async () => {
    list("/run/netns").forEach((name) => execute("ip", "netns", "del", name));
    list("/run/docker/netns").forEach((name) => {
        execute("umount", `/run/docker/netns/${name}`);
        rmSync(`/run/docker/netns/${name}`);
    });
    await until(() => JSON.parse(run("ip -j link")).length === 1 && otherInodes().size === 0,
        () => `the network to be empty: ${run("ip -br link")}${[...otherInodes()]}`);
});

// A process in a namespace that has no name.
async function startNameless(t) {
    const program = start(t, ["unshare", "--net", "sleep", "600"]);
    const own = inodeOf("self");
    await until(() => inodeOf(program.pid) !== own, "a namespace without a name");
    return { program, name: `net:[${inodeOf(program.pid)}]` };
}

test("interfaces and connections of other namespaces are there, each with its namespace", async (t) => {
    addNamespace("web");
    addNamespace("db");
    addWire({ here: "eth0", namespace: "web", subnet: 1 });
    addWire({ here: "lan1", namespace: "db", subnet: 2 });
    const nameless = await startNameless(t);
    const web = await startProgram(t, "web", 80);
    await startProgram(t, "db", 80, "127.0.0.1:80");
    const here = await startProgram(t, undefined, 80, "10.1.0.2:80");
    const server = await serve(t);

    const interfaces = await topic(server, "interfaces");
    assert.deepEqual(Object.keys(interfaces).sort(), ["db/eth0", "db/lo", "eth0", "lan1", "lo",
        `${nameless.name}/lo`, "web/eth0", "web/lo"].sort());
    assert.equal(interfaces.eth0.namespace, undefined);
    assert.deepEqual(interfaces.eth0.addresses.filter((a) => a.startsWith("10.")), ["10.1.0.1/24"]);
    assert.deepEqual(interfaces["web/eth0"].addresses.filter((a) => a.startsWith("10.")), ["10.1.0.2/24"]);
    assert.equal(interfaces["web/eth0"].namespace, "web");
    assert.equal(interfaces["web/eth0"].name, "eth0");
    assert.equal(interfaces["web/eth0"].driver, "veth");
    assert.equal(interfaces["web/lo"].type, "loopback");
    assert.equal(interfaces["web/eth0"].mac_address,
        JSON.parse(runInside("web", "ip -j link show eth0"))[0].address);

    const sockets = Object.values(await topic(server, "connections"));
    const listeners = sockets.filter((c) => c.local_port === 80 && c.state === "listen");
    assert.deepEqual(listeners.map((c) => c.namespace ?? "").sort(), ["", "db", "web"]);
    const ofWeb = listeners.find((c) => c.namespace === "web");
    assert.equal(ofWeb.pid, web.pid);
    assert.equal(ofWeb.process_name, "python3");
    const wire = sockets.filter((c) => c.state === "established" && (c.local_address === "10.1.0.2" || c.remote_address === "10.1.0.2"));
    assert.deepEqual(wire.map((c) => c.namespace ?? "").sort(), ["", "web"], JSON.stringify(wire));
    assert.equal(wire.find((c) => !c.namespace).pid, here.pid);
    assert.equal(sockets.filter((c) => c.namespace === "db" && c.state === "established").length, 2);
    assert.match((await capability(server)).detail, /: 3\.$/);
    await server.stop();
});

test("counters are those of the namespace's own device, and totals count nothing of other namespaces", async (t) => {
    addNamespace("web");
    const { local } = addWire({ here: "eth0", namespace: "web", subnet: 1 });
    const plain = await startServer(t, { intervalMs: 100 });
    const server = await serve(t, { intervalMs: 100 });
    send("web", local);
    send("web", "127.0.0.1");
    let interfaces, totals, inside;
    await until(async () => {
        ({ interfaces, totals } = (await server.get("/api/v1/snapshot?topics=interfaces,totals")).json.data);
        inside = Object.fromEntries(runInside("web", "cat /proc/net/dev").trim().split("\n").slice(2)
            .map((line) => line.trim().split(/:?\s+/)).map((words) => [words[0], Number(words[1])]));
        return ["lo", "eth0"].every((name) => interfaces[`web/${name}`].bytes_received === inside[name])
            && interfaces.eth0.bytes_received === kernelCounters().eth0.bytes_received
            && inside.lo > 20_000 && interfaces.eth0.bytes_received > 20_000;
    }, () => `the kernel's counters, ${JSON.stringify(inside)}, in ${JSON.stringify(interfaces)}`);
    assert.equal(totals.bytes_received, interfaces.eth0.bytes_received);
    await until(async () => (await topic(plain, "totals")).bytes_received === (await topic(server, "totals")).bytes_received,
        "the totals of a server that sees only its own namespace");
    for (const [id, record] of Object.entries(interfaces).filter(([, r]) => r.namespace)) {
        assert.equal(record.counted, false, id);
        assert.equal(record.not_counted_reason, "in another network namespace");
    }
    await plain.stop();
    await server.stop();
});

// Sockets of a namespace as ss counts them: {listen: 1, established: 2 …}.
function countBySs(namespace) {
    const states = runInside(namespace, "ss -tuanH").trim().split("\n").filter(Boolean).map((line) => line.split(/\s+/).slice(0, 2).join(" "));
    return states.sort().join("\n");
}

const WORDS = { established: "ESTAB", listen: "LISTEN", unconnected: "UNCONN", time_wait: "TIME-WAIT", close_wait: "CLOSE-WAIT", fin_wait2: "FIN-WAIT-2" };

// A namespace of which nothing but listeners is counted is not searched for more.
test("sockets are all seen, whatever sorts of them a namespace has", async (t) => {
    const PROGRAMS = {
        nothing: "",
        listener: "s = [socket.create_server(('127.0.0.1', 1))]",
        listener6: "s = [socket.create_server(('::1', 1), family=socket.AF_INET6), socket.create_server(('127.0.0.1', 2))]",
        dual: "s = [socket.create_server(('::', 1), family=socket.AF_INET6, dualstack_ipv6=True)]; s += [socket.create_connection(('127.0.0.1', 1)), s[0].accept()[0]]",
        connected: "l = socket.create_server(('127.0.0.1', 1)); s = [socket.create_connection(('127.0.0.1', 1)), l.accept()[0]]",
        alone: "l = socket.create_server(('127.0.0.1', 1)); s = [socket.create_connection(('127.0.0.1', 1)), l.accept()[0]]; l.close()",
        waiting: "l = socket.create_server(('127.0.0.1', 1)); s = [socket.create_connection(('127.0.0.1', 1)), l.accept()[0]]; l.close(); s[0].close(); s[1].close()",
        half: "l = socket.create_server(('::1', 1), family=socket.AF_INET6); s = [socket.create_connection(('::1', 1)), l.accept()[0]]; l.close(); s[0].shutdown(1)",
        udp: "s = [socket.socket(f, socket.SOCK_DGRAM) for f in (socket.AF_INET, socket.AF_INET6)]; s[0].bind(('127.0.0.1', 1)); s[1].bind(('::1', 1))",
        udp6: "s = [socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)]; s[0].bind(('::1', 1))",
    };
    const all = Object.keys(PROGRAMS);
    all.forEach(addNamespace);
    const server = await serve(t);
    const programs = all.map((name) => start(t, ["/usr/bin/python3", "-c", `import socket, time\n${PROGRAMS[name]}\nprint("ready", flush=True)\ntime.sleep(600)`], { namespace: name }));
    await until(() => programs.every((program) => program.output.includes("ready")), () => programs.map((p) => p.output).join("\n"));
    for (const name of all) {
        let ours, theirs;
        await until(async () => {
            theirs = countBySs(name);
            ours = Object.values(await topic(server, "connections")).filter((c) => c.namespace === name)
                .map((c) => `${c.connection_type} ${WORDS[c.state]}`).sort().join("\n");
            return ours === theirs;
        }, () => `${name}: ss has\n${theirs}\nthe server has\n${ours}`, 10_000);
        assert.equal(ours === "", name === "nothing", name);
    }
    await server.stop();
});

// The interval is a minute: nothing here may wait for a tick.
test("a namespace that comes, changes and goes is followed, with events that name it", async (t) => {
    const server = await serve(t, { intervalMs: 60_000 });
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events", { interval_ms: 60_000 });
    const interfaces = await client.subscribe("interfaces", { interval_ms: 60_000 });
    const mine = () => Object.values(events.state).filter((e) => e.namespace === "web");
    const comes = (message) => until(() => mine().some((e) => e.message === message),
        () => `"${message}" among ${JSON.stringify(mine().map((e) => e.message))}`);

    addNamespace("web");
    run("ip link add v0 type veth peer name eth0 netns web");
    await comes("web/eth0: new interface (veth)");
    await interfaces.reaches((state) => state["web/eth0"]?.is_up === false, "it in the list");
    run("ip link set v0 up");
    runInside("web", "ip link set eth0 up");
    await comes("web/eth0: link is up");
    runInside("web", "ip addr add 10.1.0.2/24 dev eth0");
    await comes("web/eth0: address 10.1.0.2/24 was added");
    run("ip link set v0 down");
    await comes("web/eth0: link is down");
    run("ip link set v0 up");
    assert.equal((await server.get("/api/v1/interfaces/web%2Feth0")).json.data.kind, "veth");

    run("ip netns del web");
    await comes("web/eth0: interface is gone");
    await interfaces.reaches((state) => !Object.keys(state).some((id) => id.startsWith("web/")), "web to be gone");
    assert.ok(mine().some((e) => e.message === "web/lo: interface is gone" && e.event === "interface_removed" && e.interface === "lo"));
    await interfaces.reaches((state) => state.v0 === undefined, "the other end of its wire to be gone");
    assert.equal((await server.get("/api/v1/interfaces/web%2Feth0")).status, 404);
    assert.equal((await server.get("/api/v1/interfaces/lo")).status, 200);
    await client.close();
    await server.stop();
});

test("one without a name is there while a process is in it, and its connections go with it", async (t) => {
    const server = await serve(t);
    const client = await Client.connect(t, server);
    const connections = await client.subscribe("connections");
    const interfaces = await client.subscribe("interfaces");
    const events = await client.subscribe("events");
    const { program, name } = await startNameless(t);
    const inside = start(t, ["nsenter", `--net=/proc/${program.pid}/ns/net`, "/usr/bin/python3", "-c", LISTENER, "80"]);
    await interfaces.reaches((state) => state[`${name}/lo`], `${name}/lo`);
    await connections.reaches((state) => Object.values(state).some((c) => c.namespace === name && c.pid === inside.pid), "its listener");
    await events.reaches((state) => Object.values(state).some((e) => e.event === "listener_added" && e.namespace === name
        && e.message.startsWith(`TCP port 80 is open to other machines, at 0.0.0.0 in ${name}`)), "the news of its listener");
    process.kill(program.pid, "SIGKILL");
    await program.ended;
    assert.ok(interfaces.state[`${name}/lo`], "the other process is still in it");
    await new Promise((done) => setTimeout(done, 2500));
    assert.ok(interfaces.state[`${name}/lo`], "the other process is still in it after two looks");
    process.kill(inside.pid, "SIGKILL");
    await inside.ended;
    await interfaces.reaches((state) => !state[`${name}/lo`], "the namespace to be gone");
    await connections.reaches((state) => !Object.values(state).some((c) => c.namespace === name), "its connections to be gone");
    await client.close();
    await server.stop();
});

test("the names are those of ip netns, of containers, or the kernel's; none is given twice", async (t) => {
    const long = "a-name-of-thirty-one-bytes-----";
    const longer = `${long}-`;
    [long, longer, "odd name\\"].forEach((name) => execute("ip", "netns", "add", name));
    run("mkdir -p /run/docker/netns");
    run("touch /run/docker/netns/ingress_sbox /run/docker/netns/web");
    addNamespace("web");
    const other = await startNameless(t);
    run(`mount --bind /proc/${other.program.pid}/ns/net /run/docker/netns/ingress_sbox`);
    const again = await startNameless(t);
    run(`mount --bind /proc/${again.program.pid}/ns/net /run/docker/netns/web`);
    run(`ip netns attach own ${process.pid}`);
    const inode = run(`stat -c %i /run/netns/${longer}`).trim();
    const server = await serve(t);
    const given = Object.values(await topic(server, "interfaces")).map((i) => i.namespace ?? "").sort();
    assert.deepEqual(given, ["", long, `net:[${inode}]`, "odd name\\x5c", "web", "ingress_sbox", again.name].sort());
    await server.stop();
});

// A control group as container engines make them; undefined where there may be none.
function makeContainer(id) {
    const mount = readFileSync("/proc/self/mountinfo", "utf8").split("\n").find((line) => line.includes(" - cgroup2 "));
    const folder = mount && `${mount.split(" ")[4]}/docker-${id}.scope`;
    try {
        mkdirSync(folder);
        return folder;
    } catch {
        return undefined;
    }
}

test("a container's namespace has the container's name, and a second one in it the kernel's", async (t) => {
    const id = randomBytes(32).toString("hex");
    const folder = makeContainer(id);
    if (!folder) {
        t.skip("needs to make control groups of version 2");
        return;
    }
    const programs = [1, 2].map(() => start(t, ["sh", "-c", `echo $$ >${folder}/cgroup.procs && exec unshare --net sleep 600`]));
    t.after(() => until(() => {
        try {
            rmdirSync(folder);
            return true;
        } catch {
            return false; // its processes have not quite ended
        }
    }, "the control group to be empty"));
    const own = inodeOf("self");
    await until(() => programs.every(({ pid }) => inodeOf(pid) !== own), "their namespaces");
    const server = await serve(t);
    const container = `docker:${id.slice(0, 12)}`;
    assert.deepEqual(Object.keys(await topic(server, "interfaces")).sort(),
        ["lo", `${container}/lo`, `net:[${inodeOf(programs[1].pid)}]/lo`].sort());
    assert.equal((await server.get(`/api/v1/interfaces/${encodeURIComponent(`${container}/lo`)}`)).json.data.namespace, container);
    await server.stop();
});

test("fifty namespaces", async (t) => {
    const all = Array.from({ length: 50 }, (_, i) => `c${i}`);
    all.forEach((name) => {
        addNamespace(name);
        run(`ip link add v${name} type veth peer name eth0 netns ${name}`);
    });
    await Promise.all(all.map((name) => startProgram(t, name, 80)));
    const plain = await startServer(t);
    const server = await serve(t);
    const costs = {};
    for (const [word, one] of Object.entries({ without: plain, with: server })) {
        const client = await Client.connect(t, one);
        await client.subscribe("interfaces");
        await client.subscribe("connections");
        const before = usage(one.pid);
        await new Promise((done) => setTimeout(done, 3000));
        const after = usage(one.pid);
        costs[word] = `${((after.cpu_ms - before.cpu_ms) / 30).toFixed(1)} ms a reading, ${Math.round(after.rss_bytes / 1024)} kB, ${after.descriptors} descriptors`;
        await client.close();
    }
    t.diagnostic(`without: ${costs.without}; with: ${costs.with}`);
    const interfaces = await topic(server, "interfaces");
    const connections = Object.values(await topic(server, "connections"));
    for (const name of all) {
        assert.ok(interfaces[`${name}/eth0`] && interfaces[`${name}/lo`], name);
        assert.equal(connections.filter((c) => c.namespace === name && c.state === "listen" && c.process_name === "python3").length, 1, name);
    }
    await plain.stop();
    await server.stop();
});

test("namespaces that come and go leave no descriptor behind", async (t) => {
    const server = await serve(t);
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces");
    const before = readdirSync(`/proc/${server.pid}/fd`).length;
    for (let round = 0; round < 3; round += 1) {
        const all = Array.from({ length: 10 }, (_, i) => `c${i}`);
        all.forEach(addNamespace);
        const nameless = await startNameless(t);
        await interfaces.reaches((state) => all.every((name) => state[`${name}/lo`]) && state[`${nameless.name}/lo`], "all of them");
        assert.ok(readdirSync(`/proc/${server.pid}/fd`).length > before + 11);
        remove(...all);
        process.kill(nameless.program.pid, "SIGKILL");
        await interfaces.reaches((state) => Object.values(state).every((i) => !i.namespace), "none of them");
    }
    assert.equal(readdirSync(`/proc/${server.pid}/fd`).length, before);
    await client.close();
    await server.stop();
});

// Its name is the same, and so may its number be; its counters are not.
test("one made again under its name is another", async (t) => {
    const server = await serve(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events");
    const interfaces = await client.subscribe("interfaces");
    const count = (word) => Object.values(events.state).filter((e) => e.namespace === "web" && e.event === word).length;
    addNamespace("web");
    await interfaces.reaches((state) => state["web/lo"]?.bytes_received === 0, "web");
    send("web", "127.0.0.1");
    await interfaces.reaches((state) => state["web/lo"]?.bytes_received > 1000, "its traffic");
    for (let round = 0; round < 5; round += 1) {
        run("ip netns del web");
        addNamespace("web");
        await interfaces.reaches((state) => state["web/lo"]?.bytes_received === 0, "the new one");
        send("web", "127.0.0.1");
        await interfaces.reaches((state) => state["web/lo"]?.bytes_received > 1000, "its traffic");
    }
    assert.equal(count("interface_removed") + count("counter_reset"), 5, JSON.stringify(Object.values(events.state).map((e) => e.message)));
    run("ip netns del web");
    await client.close();
    await server.stop();
});

test("without the option there is nothing of them, and without the right only a word on why", async (t) => {
    addNamespace("web");
    const off = await startServer(t);
    assert.ok(!Object.keys(await topic(off, "interfaces")).some((id) => id.includes("/")));
    assert.equal((await capability(off)).status, "not_applicable");
    assert.match((await capability(off)).detail, /--namespaces/);
    await off.stop();

    const config = { namespaces: true };
    const on = await startServer(t, { config });
    assert.ok((await topic(on, "interfaces"))["web/lo"]);
    assert.deepEqual(await capability(on), { status: "available", detail: "Other network namespaces that are read: 1." });
    await on.stop();

    const nobody = launchServer(t, ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", IFPULSE,
        "--listen", "127.0.0.1:0", "--namespaces"], "setpriv");
    await nobody.listens();
    assert.deepEqual(Object.keys(await topic(nobody, "interfaces")), ["lo"]);
    assert.ok(Object.keys(await topic(nobody, "connections")).length > 0);
    assert.equal((await capability(nobody)).status, "permission");
    assert.match((await capability(nobody)).detail, /CAP_SYS_ADMIN/);
    await nobody.stop();
});

// The own namespace belongs to somebody else there, so that it could not be entered again.
test("some that may not be entered leave the rest, and the own one, as they are", async (t) => {
    addNamespace("web");
    const server = launchServer(t, ["--user", "--map-root-user", "sh", "-c",
        "unshare --net sleep 600 & sleep 0.2; \"$0\" \"$@\"; status=$?; kill $!; exit $status", IFPULSE, "--listen", "127.0.0.1:0", "--namespaces"], "unshare");
    await server.listens();
    t.after(() => server.isRunning && server.process.kill("SIGKILL"));
    const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").trim().split(" ");
    const program = Number(children.find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8") === "ifpulse\n"));
    const interfaces = await topic(server, "interfaces");
    const other = Object.keys(interfaces).filter((id) => id.startsWith("net:["));
    assert.equal(other.length, 1, JSON.stringify(Object.keys(interfaces)));
    assert.ok(interfaces.lo.is_up && !interfaces["web/lo"]);
    assert.equal(inodeOf(program), inodeOf("self"));
    const { status, detail } = await capability(server);
    assert.equal(status, "available");
    assert.match(detail, /^1 of 2 other network namespaces are read; .*\(Operation not permitted\)\.$/);
    process.kill(program, "SIGTERM");
    server.isChecked = true;
    await server.ended;
    assert.deepEqual(server.end, { code: 0, signal: null }, server.output);
});

test("with few descriptors some are left out, which is said", async (t) => {
    const all = Array.from({ length: 12 }, (_, i) => `c${i}`);
    all.forEach(addNamespace);
    const server = launchServer(t, ["--nofile=256:256", IFPULSE, "--listen", "127.0.0.1:0", "--namespaces"], "prlimit");
    await server.listens();
    const there = Object.keys(await topic(server, "interfaces")).filter((id) => id.endsWith("/lo"));
    assert.equal(there.length, 8);
    const { status, detail } = await capability(server);
    assert.equal(status, "available");
    assert.match(detail, /^8 of 12 .*\(Too many open files\)\.$/);
    await server.stop();
});

test("snapshot has them too, and the scripted network takes the option", (t) => {
    addNamespace("web");
    const words = ["snapshot", "--namespaces", "--topics", "interfaces", "--interval-ms", "50"];
    const { status, stdout } = runOnce(words);
    assert.equal(status, 0);
    assert.equal(JSON.parse(stdout).data.interfaces["web/lo"].namespace, "web");
    assert.equal(runOnce(words, { program: IFPULSE_FAKE }).status, 0);
});
