// The server as the user nobody, without any capability: whatever the kernel tells everyone is there,
// what it does not is absent, and the capabilities name it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Client } from "../support/client.mjs";
import { addLink, addNamespace, addWire, kernelCounters, run, start } from "../support/network.mjs";
import { IFPULSE, launchServer, startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const SHORT_CONNECTIONS = fileURLToPath(new URL("../support/short_connections.py", import.meta.url));
const NOBODY = 65534;
const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];

// Where the test is root in a user namespace only, there is no nobody in it.
const skip = spawnSync(AS_NOBODY[0], [...AS_NOBODY.slice(1), "true"]).status === 0 ? false : "needs real root, to become nobody";

// The program and a page in a folder that nobody may read, wherever the build is.
function publish(t) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "ifpulse-nobody-"));
    t.after(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o755);
    copyFileSync(IFPULSE, path.join(folder, "ifpulse"));
    writeFileSync(path.join(folder, "index.html"), "<title>nobody's</title>");
    return folder;
}

async function startAsNobody(t, { intervalMs = 100, args = [] } = {}) {
    const folder = publish(t);
    const server = await launchServer(t, [...AS_NOBODY.slice(1), path.join(folder, "ifpulse"), "serve", "--web", folder,
        "--listen", "127.0.0.1:0", "--interval-ms", String(intervalMs), ...args], AS_NOBODY[0]).listens();
    const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
    assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    return server;
}

const records = async (server, topic) => (await server.get(`/api/v1/${topic}`)).json.data;

async function listen(t, host) {
    const listener = net.createServer((socket) => listener.accepted.push(socket.on("error", () => {}).resume()));
    listener.accepted = [];
    listener.listen(0, host);
    await once(listener, "listening");
    t.after(() => {
        listener.close();
        listener.accepted.forEach((socket) => socket.destroy());
    });
    return listener;
}

async function dial(t, host, port) {
    const socket = net.connect(port, host).on("error", () => {});
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return socket;
}

async function bindUdp(t, host) {
    const socket = dgram.createSocket("udp4");
    t.after(() => socket.close());
    socket.bind(0, host);
    await once(socket, "listening");
    return socket;
}

// A process that listens, as nobody or as root; resolves to {pid, port}.
async function startHolder(t, isNobody) {
    const program = ["/usr/bin/python3", "-c", `
import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(600)`];
    const holder = start(t, isNobody ? [...AS_NOBODY, ...program] : program);
    await until(() => /\d+\n/.test(holder.output) || holder.exitCode !== null, () => `the holder: ${holder.output}`);
    return { pid: holder.pid, port: Number(holder.output) };
}

// Of the interfaces, which data there are, and those that do not change by themselves.
const FACTS = ["type", "kind", "is_up", "mac_address", "mtu", "driver", "link_speed", "duplex", "addresses", "lower", "counted"];
const factsOf = (interfaces) => Object.entries(interfaces).map(([name, record]) =>
    JSON.stringify([name, Object.keys(record).sort(), FACTS.map((fact) => record[fact])])).sort().join("\n");

test("every interface has the facts, counters and speeds that root sees", { skip }, async (t) => {
    addNamespace("far");
    const wire = addWire({ here: "lan0", namespace: "far" });
    run("ip link add bridge0 type bridge");
    const server = await startAsNobody(t);
    const root = await startServer(t);
    const client = await Client.connect(t, server);
    const live = await client.subscribe("interfaces");
    const sender = await bindUdp(t, wire.local);
    const timer = setInterval(() => sender.send(Buffer.alloc(1000), 9, wire.remote), 5);
    t.after(() => clearInterval(timer));
    await live.reaches((state) => state.lan0.upload_speed > 0 && state.lan0.packet_send_rate > 0, "a speed of lan0");
    const before = kernelCounters().lan0;
    await live.reaches((state) => state.lan0.bytes_sent > before.bytes_sent, "lan0 to count on");
    clearInterval(timer);
    let ours, theirs;
    await until(async () => {
        ours = await records(server, "interfaces");
        theirs = await records(root, "interfaces");
        return factsOf(ours) === factsOf(theirs);
    }, () => `equal facts:\n${factsOf(ours)}\n\n${factsOf(theirs)}`);
    assert.deepEqual(Object.keys(ours).sort(), ["bridge0", "lan0", "lo"]);
    assert.ok(ours.lan0.driver && ours.lan0.download_speed >= 0, JSON.stringify(ours.lan0));
    await client.close();
    await root.stop();
    await server.stop();
});

// Of a connection, what needs no permission. What its ends were doing meanwhile is left out.
function visible(connection) {
    const { connection_type, local_address, local_port, remote_address, remote_port, state, uid, user, unit } = connection;
    return JSON.stringify([connection_type, local_address, local_port, remote_address, remote_port, state, uid, user, unit]);
}

test("every connection of every user is there, and only the process of others' is not", { skip }, async (t) => {
    const mine = await startHolder(t, true);
    const others = await startHolder(t, false);
    const listener = await listen(t, "127.0.0.1");
    await dial(t, "127.0.0.1", listener.address().port);
    await dial(t, "127.0.0.1", mine.port);
    await bindUdp(t, "127.0.0.1");
    const server = await startAsNobody(t);
    const root = await startServer(t);
    const foreign = (c) => ![c.local_port, c.remote_port].some((port) => port === server.port || port === root.port);
    let ours, theirs;
    await until(async () => {
        ours = Object.values(await records(server, "connections")).filter(foreign);
        theirs = Object.values(await records(root, "connections")).filter(foreign);
        return ours.map(visible).sort().join() === theirs.map(visible).sort().join();
    }, () => `equal lists:\n${ours.map(visible).sort().join("\n")}\n\n${theirs.map(visible).sort().join("\n")}`);
    assert.ok(ours.length >= 7, `${ours.length} sockets were compared`);

    const listens = (port) => ours.find((c) => c.local_port === port && c.state === "listen");
    assert.equal(listens(mine.port).pid, mine.pid);
    assert.equal(listens(mine.port).process_name, "python3");
    assert.equal(listens(mine.port).uid, NOBODY);
    assert.equal(listens(others.port).uid, 0);
    assert.equal(listens(others.port).user, "root");
    assert.equal(listens(others.port).pid, undefined);
    assert.equal(listens(others.port).process_name, undefined);
    assert.notEqual(listens(others.port).evidence, "proc");
    assert.ok(theirs.find((c) => c.local_port === others.port && c.state === "listen").pid, "root sees the process");
    await root.stop();
    await server.stop();
});

test("bytes, speed and times of another user's connection are there", { skip }, async (t) => {
    const listener = await listen(t, "127.0.0.1");
    const socket = await dial(t, "127.0.0.1", listener.address().port);
    const server = await startAsNobody(t);
    const client = await Client.connect(t, server);
    const live = await client.subscribe("connections");
    const sender = () => Object.values(live.state).find((c) => c.local_port === socket.localPort && c.remote_port === socket.remotePort);
    socket.write(Buffer.alloc(1_000_000));
    await live.reaches(() => sender()?.bytes_sent >= 1_000_000 && sender().upload_speed > 0, "the bytes and their speed");
    assert.ok(sender().rtt_ms > 0 && sender().retransmits >= 0);
    assert.equal(sender().pid, undefined);
    await client.close();
    await server.stop();
});

// Moves this process, and what it starts from now on, into a control group of its own until the test
// ends. Returns its name; undefined where there can be none.
function enterGroup(t) {
    const root = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(readFileSync("/proc/self/mountinfo", "utf8"))?.[1] ?? "/nowhere";
    const before = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
    const name = `ifpulse-test-${Math.random().toString(36).slice(2)}.service`;
    const enter = (group) => writeFileSync(path.join(root, group, "cgroup.procs"), "0");
    try {
        mkdirSync(path.join(root, name));
        t.after(() => {
            enter(before);
            rmdirSync(path.join(root, name));
        });
        enter(name);
    } catch (error) {
        t.skip(`no control group can be entered: ${error.message}`);
        return undefined;
    }
    return name;
}

test("the unit of another user's process is there", { skip }, async (t) => {
    const server = await startAsNobody(t);
    const group = enterGroup(t);
    if (!group) {
        return;
    }
    const listener = await listen(t, "127.0.0.1");
    const { units } = (await records(server, "server")).capabilities;
    assert.equal(units.status, "available", units.detail);
    const [ours] = Object.values(await records(server, "connections")).filter((c) => c.local_port === listener.address().port);
    assert.equal(ours.unit, group);
    assert.equal(ours.evidence, "unit");
    assert.equal(ours.pid, undefined);
    await server.stop();
});

test("a link that goes down is told at once, whatever the interval", { skip }, async (t) => {
    addLink("lan1");
    run("ip link set lan1 up");
    const server = await startAsNobody(t, { intervalMs: 60_000 });
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces", { interval_ms: 60_000 });
    const events = await client.subscribe("events", { interval_ms: 60_000 });
    assert.ok(interfaces.state.lan1.is_active);
    run("ip link set lan1 down");
    await interfaces.reaches((state) => !state.lan1.is_up, "lan1 down");
    await events.reaches((state) => Object.values(state).some((e) => e.event === "link_down" && e.interface === "lan1"), "the event");
    run("ip addr add 10.5.0.1/24 dev lan1");
    await events.reaches((state) => Object.values(state).some((e) => e.address === "10.5.0.1/24"), "the address");
    await client.close();
    await server.stop();
});

// Root's programs, by the script's words; resolves once it listens, or has dialled.
async function shortConnections(t, words, done) {
    const child = start(t, ["/usr/bin/python3", SHORT_CONNECTIONS, ...words.split(" ")]);
    await until(() => child.output.includes(done) || child.exitCode !== null, () => `"${done}": ${child.output}`);
    return child;
}

test("other users' connections between two readings are told of, with their bytes and no process", { skip }, async (t) => {
    const server = await startAsNobody(t, { intervalMs: 1000 });
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events", { filter: { event: ["connection_closed"] } });
    await shortConnections(t, "seller serve 127.0.0.1 7100 300 1700", "listening");
    await shortConnections(t, "buyer dial 127.0.0.1 7100 300 1700 200", "dialled");
    const ends = () => Object.values(events.state).filter((event) => [event.local_port, event.remote_port].includes(7100));
    await events.reaches(() => ends().length >= 400, "400 ends");
    assert.equal(ends().length, 400);
    for (const end of ends()) {
        const [received, sent] = end.local_port === 7100 ? [300, 1700] : [1700, 300];
        // In some orders of the last packets a FIN cannot be told from a byte (payload.h).
        assert.ok(Math.abs(end.bytes_received - received) <= 1 && Math.abs(end.bytes_sent - sent) <= 1, JSON.stringify(end));
        assert.equal(end.process_name, undefined);
        assert.equal(end.pid, undefined);
    }
    await client.close();
    await server.stop();
});

test("other users are owners by name, and this user's processes by theirs", { skip }, async (t) => {
    const mine = await startHolder(t, true);
    await startHolder(t, false);
    const server = await startAsNobody(t);
    const client = await Client.connect(t, server);
    const owners = await client.subscribe("owners");
    const roots = () => Object.values(owners.state).filter((owner) => owner.user === "root");
    await owners.reaches((state) => roots().length > 0 && Object.values(state).some((owner) => owner.pids?.includes(mine.pid)), "both");
    const own = Object.values(owners.state).find((owner) => owner.pids?.includes(mine.pid));
    assert.equal(own.process_name, "python3");
    assert.equal(own.listening, 1);
    assert.ok(roots().some((owner) => owner.listening > 0 && owner.connections > 0));
    for (const owner of roots()) {
        assert.match(owner.kind, /^(user|unit|container)$/, JSON.stringify(owner));
        assert.equal(owner.process_name, undefined);
    }
    const before = roots().reduce((sum, owner) => sum + owner.bytes_sent, 0);
    await shortConnections(t, "seller serve 127.0.0.1 7101 0 1000000", "listening");
    const buyer = net.connect(7101, "127.0.0.1").on("error", () => {});
    t.after(() => buyer.destroy());
    await until(() => buyer.resume().bytesRead === 1_000_000, "the bytes");
    await owners.reaches(() => roots().reduce((sum, owner) => sum + owner.bytes_sent, 0) >= before + 1_000_000, "root to have sent them");
    await client.close();
    await server.stop();
});

test("another user's new listener makes an event that names the user", { skip }, async (t) => {
    addNamespace("near");
    addWire({ here: "lan2", namespace: "near", subnet: 2 });
    const server = await startAsNobody(t);
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events");
    await shortConnections(t, "newcomer serve 0.0.0.0 7102 0 0", "listening");
    const added = () => Object.values(events.state).find((event) => event.event === "listener_added" && event.local_port === 7102);
    await events.reaches(added, "the listener");
    assert.equal(added().user, "root");
    assert.equal(added().pid, undefined);
    assert.match(added().message, /7102.*root/);
    await client.close();
    await server.stop();
});

test("other network namespaces are asked for in vain, and that is said", { skip }, async (t) => {
    addNamespace("beside");
    const server = await startAsNobody(t, { args: ["--namespaces"] });
    const { namespaces } = (await records(server, "server")).capabilities;
    assert.equal(namespaces.status, "permission");
    assert.match(namespaces.detail, /CAP_SYS_ADMIN/);
    const names = Object.keys(await records(server, "interfaces"));
    assert.ok(names.includes("lo") && !names.some((name) => name.includes("/")), names.join());
    await server.stop();
});

test("what is not seen is named, with what would show it, and nothing is an error", { skip }, async (t) => {
    await listen(t, "127.0.0.1");
    const server = await startAsNobody(t);
    const root = await startServer(t);
    const ours = (await records(server, "server")).capabilities;
    const theirs = (await records(root, "server")).capabilities;
    assert.deepEqual(Object.keys(ours), Object.keys(theirs));
    assert.equal(ours.owners.status, "permission");
    assert.match(ours.owners.detail, /CAP_SYS_PTRACE/);
    for (const [name, { status, detail }] of Object.entries(ours)) {
        assert.notEqual(status, "error", `${name}: ${detail}`);
        assert.match(detail, /^[A-Z].*\.$/s, `${name} is a sentence`);
        if (status === "permission") {
            assert.match(detail, /root|CAP_[A-Z_]+/, `${name} says what would show it`);
        } else {
            assert.equal(status, theirs[name].status, `${name}: ${detail}`);
        }
    }
    await root.stop();
    await server.stop();
    assert.doesNotMatch(server.output, /error|warning|permission/i);
});
