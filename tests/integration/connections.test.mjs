// The list of connections, held against ss.

import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { test } from "node:test";

import { addNamespace, addWire, run, start } from "../support/network.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const STATES = {
    ESTAB: "established", "SYN-SENT": "syn_sent", "SYN-RECV": "syn_received", "FIN-WAIT-1": "fin_wait1",
    "FIN-WAIT-2": "fin_wait2", "TIME-WAIT": "time_wait", UNCONN: "unconnected", "CLOSE-WAIT": "close_wait",
    "LAST-ACK": "last_ack", LISTEN: "listen", CLOSING: "closing",
};

// "[::ffff:10.0.0.1%eth0]:80" as the wire has it: ["10.0.0.1", 80]. "*" is the wildcard of a socket
// that takes both families; a port of "*" is none.
function endpoint(text) {
    const at = text.lastIndexOf(":");
    const address = text.slice(0, at).replace(/%[^\]]*/, "").replace(/^\[|\]$/g, "").replace(/^::ffff:(?=\d+\.)/, "");
    return [address === "*" ? "::" : address, text.slice(at + 1)];
}

// One line of text per socket, from ss. Where several processes hold a socket, the lowest pid.
function listBySs() {
    return run("ss -tunapH").trim().split("\n").map((line) => {
        const [type, state, , , local, remote, ...rest] = line.trim().split(/\s+/);
        const holders = [...rest.join(" ").matchAll(/\("((?:[^"\\]|\\.)*)",pid=(\d+)/g)]
            .map(([, name, pid]) => ({ name, pid: Number(pid) })).sort((a, b) => a.pid - b.pid);
        const [localAddress, localPort] = endpoint(local);
        const [remoteAddress, remotePort] = endpoint(remote);
        const peer = remotePort === "*" ? "-" : `${remoteAddress} ${remotePort}`;
        return `${type} ${localAddress} ${localPort} ${peer} ${STATES[state]} ${holders[0]?.pid ?? "-"} ${holders[0]?.name ?? "-"}`;
    });
}

function listByServer(data) {
    return Object.values(data).map((c) => {
        const peer = c.remote_port === undefined ? "-" : `${c.remote_address} ${c.remote_port}`;
        assert.equal(c.remote_port === undefined, c.remote_address === undefined);
        return `${c.connection_type} ${c.local_address} ${c.local_port} ${peer} ${c.state} ${c.pid ?? "-"} ${c.process_name ?? "-"}`;
    });
}

// Without the sockets of the server itself: each question to it makes new ones.
const others = (lines, server) => lines.filter((line) => !line.split(" ").includes(String(server.port))).sort();

async function listen(t, options) {
    const listener = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
        socket.on("error", () => {});
        listener.accepted.push(socket);
    });
    listener.accepted = [];
    listener.listen({ port: 0, ...options });
    await once(listener, "listening");
    t.after(() => {
        listener.close();
        listener.accepted.forEach((socket) => socket.destroy());
    });
    return listener;
}

async function dial(t, host, port) {
    const socket = net.connect({ host, port, allowHalfOpen: true });
    socket.on("error", () => {});
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return socket;
}

async function bindUdp(t, type, address, peer) {
    const socket = dgram.createSocket(type);
    t.after(() => socket.close());
    socket.bind(0, address);
    await once(socket, "listening");
    if (peer) {
        socket.connect(peer.port, peer.address);
        await once(socket, "connect");
    }
    return socket;
}

// One socket of each sort; what is meant to be there for the comparison to mean something.
async function openSockets(t) {
    addNamespace("peer");
    const wire = addWire({ here: "lan0", namespace: "peer" });
    run(`ip neigh add 10.1.0.77 lladdr 02:00:00:00:00:77 dev lan0`);
    const v4 = await listen(t, { host: "127.0.0.1" });
    const v6 = await listen(t, { host: "::1" });
    const dual = await listen(t, { host: "::" });
    await listen(t, { host: "::", ipv6Only: true });
    await listen(t, { host: wire.local });
    await dial(t, "127.0.0.1", v4.address().port);
    await dial(t, "::1", v6.address().port);
    await dial(t, "127.0.0.1", dual.address().port); // its other end is ::ffff:127.0.0.1

    const halfClosed = await dial(t, "127.0.0.1", v4.address().port);
    halfClosed.end(); // fin_wait2 here, close_wait there
    const closed = await dial(t, "::1", v6.address().port);
    await until(() => v6.accepted.length === 2, "the second connection");
    closed.end();
    v6.accepted[1].resume().end(); // time_wait, of nobody any more
    const unanswered = net.connect({ host: "10.1.0.77", port: 9 }).on("error", () => {}); // syn_sent
    t.after(() => unanswered.destroy());

    const udp4 = await bindUdp(t, "udp4", "127.0.0.1");
    await bindUdp(t, "udp4", "0.0.0.0");
    await bindUdp(t, "udp6", "::1");
    await bindUdp(t, "udp6", "::");
    await bindUdp(t, "udp4", "127.0.0.1", udp4.address());
    await bindUdp(t, "udp6", "::1", { address: "::1", port: 9 });
}

test("the list is that of ss: types, ends, states, processes", async (t) => {
    await openSockets(t);
    start(t, ["/usr/bin/python3", "-c", "import socket,time,os; s=socket.create_server(('127.0.0.1',0)); os.fork(); time.sleep(600)"]);
    await until(() => /python3.*python3/.test(run("ss -tlnpH")), "a socket that two processes hold");
    const server = await startServer(t);
    // Sockets in the midst of closing settle at once; the two lists are of the same moment then.
    let ours, theirs;
    await until(async () => {
        theirs = others(listBySs(), server);
        const { json } = await server.get("/api/v1/connections");
        assert.equal(json.count, Object.keys(json.data).length);
        ours = others(listByServer(json.data), server);
        return theirs.join("\n") === ours.join("\n");
    }, () => {
        const missing = theirs.filter((line) => !ours.includes(line));
        const extra = ours.filter((line) => !theirs.includes(line));
        return `equal lists; only ss has\n${missing.join("\n")}\nonly the server has\n${extra.join("\n")}`;
    }, 10_000);
    for (const state of ["listen", "established", "fin_wait2", "close_wait", "time_wait", "syn_sent", "unconnected"]) {
        assert.ok(ours.some((line) => line.includes(` ${state} `)), `a socket in ${state} was compared`);
    }
    assert.ok(ours.length >= 20, `${ours.length} sockets were compared`);
    await server.stop();
});

test("a thousand connections are the same thousand that ss lists, each with its process", async (t) => {
    const holder = start(t, ["/usr/bin/python3", "-c", `
import socket, time
l = socket.create_server(("127.0.0.1", 0), backlog=4096)
pairs = []
for i in range(1000):
    pairs.append((socket.create_connection(l.getsockname()), l.accept()[0]))
print("ready", flush=True)
time.sleep(600)`]);
    await until(() => /ready/.test(holder.output) || holder.exitCode !== null, () => `connections: ${holder.output}`);
    const server = await startServer(t);
    const { json } = await server.get("/api/v1/connections");
    const ours = others(listByServer(json.data), server);
    assert.deepEqual(ours, others(listBySs(), server));
    assert.equal(ours.filter((line) => line.endsWith(` ${holder.pid} python3`)).length, 2001);
    await server.stop();
});

test("a process name is the kernel's, whatever bytes it has", async (t) => {
    const name = 'a "q" \u00fc\n)(';
    const holder = start(t, ["node", "-e", `process.title = ${JSON.stringify(name)};
        require("net").createServer().listen(0, "127.0.0.1", () => console.log("ready"))`]);
    await until(() => /ready/.test(holder.output), () => `the holder: ${holder.output}`);
    const comm = readFileSync(`/proc/${holder.pid}/comm`, "utf8").replace(/\n$/, "");
    assert.equal(comm, name, "the kernel took the name as it is");
    const server = await startServer(t);
    const { json } = await server.get("/api/v1/connections");
    const names = Object.values(json.data).filter((c) => c.pid === holder.pid).map((c) => c.process_name);
    assert.deepEqual(names, [name]);
    await server.stop();
});

test("byte counts and speed of a connection are what went through it", async (t) => {
    const listener = await listen(t, { host: "127.0.0.1" });
    const socket = await dial(t, "127.0.0.1", listener.address().port);
    await until(() => listener.accepted.length === 1, "the other end");
    listener.accepted[0].resume();
    const server = await startServer(t, { intervalMs: 100 });
    await new Promise((done) => socket.write(Buffer.alloc(3_000_000), done));
    await until(() => listener.accepted[0].bytesRead === 3_000_000, "the bytes to arrive");
    const { json } = await server.get("/api/v1/connections");
    const of = (local, remote) => Object.values(json.data).find((c) => c.local_port === local && c.remote_port === remote);
    const sender = of(socket.localPort, socket.remotePort);
    const receiver = of(socket.remotePort, socket.localPort);
    assert.ok(sender.bytes_sent >= 3_000_000 && sender.bytes_sent <= 3_000_001, `${sender.bytes_sent} sent`);
    assert.equal(receiver.bytes_received, 3_000_000);
    assert.ok(sender.rtt_ms > 0);
    await server.stop();
});
