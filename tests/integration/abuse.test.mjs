// What goes wrong on the other side, or is done on purpose: the server lives on, serves the others,
// and neither spins nor keeps what the broken ones left.

import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { addLink, start, usage } from "../support/network.mjs";
import { IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { pause, until, within } from "../support/wait.mjs";

const UPGRADE_LINES = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol: ifpulse.v1"];
const upgradeText = (server, lines = UPGRADE_LINES) =>
    [`GET /api/v1/stream HTTP/1.1`, `Host: ${server.host}:${server.port}`, ...lines, "", ""].join("\r\n");

// CPU time the server takes over a while in which it has little to do, in ms.
async function cpuOver(server, ms) {
    const before = usage(server.pid).cpu_ms;
    await pause(ms);
    return usage(server.pid).cpu_ms - before;
}

// Runs abuse between two measurements with the same witness connected, and checks what it left.
async function withstand(t, options, abuse) {
    const server = await startServer(t, options);
    const witness = await Client.connect(t, server);
    const totals = await witness.subscribe("totals");
    const about = await witness.subscribe("server");
    await until(() => about.state.clients === 1, "the witness to be the only client");
    const idle = await cpuOver(server, 1500);
    const { descriptors } = usage(server.pid);

    await abuse(server, witness);

    assert.ok(server.isRunning, server.output);
    await until(() => about.state.clients === 1, () => `the others to be gone: ${about.state.clients} clients`, 60_000);
    const before = totals.received;
    await until(() => totals.received > before, "the witness's next message");
    await until(() => usage(server.pid).descriptors <= descriptors,
        () => `the descriptors to be closed: ${usage(server.pid).descriptors} after ${descriptors}`, 60_000);
    const after = await cpuOver(server, 1500);
    assert.ok(after <= 3 * idle + 200, `${after} ms of CPU in 1.5 s, before it was ${idle}`);
    assert.equal((await server.get("/api/v1/health")).status, 200);
    await witness.close();
    await server.stop();
}

// Sends bytes after the handshake and gives what comes back until the server closes or ms pass.
async function afterUpgrade(server, bytes, ms = 3000) {
    const socket = net.connect(server.port, server.host);
    socket.on("error", () => {});
    const answer = [];
    socket.on("data", (chunk) => answer.push(chunk));
    const closed = new Promise((done) => socket.on("close", done));
    socket.write(upgradeText(server));
    await until(() => Buffer.concat(answer).includes("\r\n\r\n") || socket.destroyed, "the handshake");
    socket.write(bytes);
    await Promise.race([closed, pause(ms)]);
    socket.destroy();
    return Buffer.concat(answer);
}

test("clients killed outright, amid a message and amid a snapshot", (t) => withstand(t, { program: IFPULSE_FAKE, intervalMs: 100 }, async (server) => {
    for (let i = 0; i < 30; i += 1) {
        const client = await Client.connect(t, server);
        client.request("connections");
        if (i % 3 === 1) {
            await until(() => client.byId.get(1).received > 0, "the snapshot");
        }
        if (i % 3 === 2) {
            client.socket.send("{\"op\":", { fin: false });
        }
        client.socket._socket.resetAndDestroy();
    }
    const holder = start(t, ["node", "-e", `
        const { WebSocket } = require(process.argv[1]);
        for (let i = 0; i < 20; i += 1) {
            const ws = new WebSocket(process.argv[2], "ifpulse.v1");
            ws.on("open", () => ws.send('{"op":"subscribe","id":1,"topic":"connections"}'));
            ws.on("message", () => console.log("message"));
        }`, new URL("../../web/node_modules/ws/index.js", import.meta.url).pathname, `ws://${server.host}:${server.port}/api/v1/stream`]);
    await until(() => holder.output.split("message").length > 60, () => `the process's clients: ${holder.output}`);
    holder.kill("SIGKILL");
}));

test("half-open connections, partial handshakes and headers that drip", (t) => withstand(t, {}, async (server) => {
    const sockets = [];
    const open = (text) => {
        const socket = net.connect({ port: server.port, host: server.host, allowHalfOpen: true });
        socket.on("error", () => {});
        socket.on("data", () => {});
        socket.write(text);
        sockets.push(socket);
        return socket;
    };
    for (let i = 0; i < 20; i += 1) {
        open("GET / HT");
        open(upgradeText(server).slice(0, 40 + i * 5));
        open("").end(); // our half is closed at once
        open(`GET /api/v1/connections HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\n\r\n`).end();
        open(upgradeText(server)).end();
    }
    const dripping = open("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n");
    const drip = setInterval(() => dripping.write("X: y\r\n"), 500);
    // The server must tire of all of them by itself, the dripping one too.
    await until(() => sockets.every((socket) => socket.readableEnded || socket.destroyed),
        () => `${sockets.filter((socket) => !socket.readableEnded && !socket.destroyed).length} to be closed by the server`, 60_000);
    clearInterval(drip);
    sockets.forEach((socket) => socket.destroy());
}));

test("garbage for HTTP", (t) => withstand(t, {}, async (server) => {
    const pieces = [
        Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255)),
        "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        `GET /${"a".repeat(60_000)} HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\n\r\n`,
        `GET /%00%ff%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nConnection: close\r\n\r\n`,
        `GET /../../../../etc/passwd HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nConnection: close\r\n\r\n`,
        `GET /api/v1/interfaces?${"a=b&".repeat(5000)} HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nX: ${"y".repeat(100_000)}\r\n\r\n`,
        `GET /api/v1/health HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n`,
        `POST /api/v1/health HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`,
        `POST /api/v1/health HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nContent-Length: -1\r\n\r\n`,
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", // how TLS begins
        upgradeText(server, UPGRADE_LINES.map((line) => line.replace("13", "8"))),
        upgradeText(server, UPGRADE_LINES.map((line) => line.replace("websocket", "websocket, h2c, \x01"))),
        upgradeText(server, UPGRADE_LINES.filter((line) => !line.includes("-Key"))),
        upgradeText(server, UPGRADE_LINES.map((line) => line.replace("AAAA==", ""))),
    ];
    await Promise.all(pieces.map(async (piece) => {
        const answer = await server.raw(piece, { ms: 6000 });
        const said = piece.toString("latin1").slice(0, 60);
        assert.ok(server.isRunning, said);
        assert.doesNotMatch(answer, /root:/, said);
        assert.doesNotMatch(answer, /^HTTP\/1.1 101 [^]*h2c/i, said);
    }));
}));

test("frames that lie, are not masked, are not UTF-8, or nest without end", (t) => withstand(t, {}, async (server, witness) => {
    const deep = "[".repeat(8000) + "]".repeat(8000);
    const frame = (opcode, payload, mask = true) => {
        const bytes = Buffer.from(payload);
        const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
        length[0] |= mask ? 0x80 : 0;
        return Buffer.concat([Buffer.from([0x80 | opcode, ...length, ...(mask ? [0, 0, 0, 0] : [])]), bytes]);
    };
    const huge = Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const ping = frame(1, '{"op":"ping","data":"zzz"}');
    const cases = [
        ["a frame of 2^62 bytes", Buffer.concat([huge, Buffer.alloc(40_000, 0x20)])],
        ["a frame of 2^63 bytes", Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
        ["an unmasked frame that is not JSON", frame(1, "?", false)],
        ["text that is not UTF-8", Buffer.concat([frame(1, Buffer.from([0x22, 0xc3, 0x28, 0xff, 0x22])), ping])],
        ["a reserved opcode", frame(5, "x")],
        ["a continuation of nothing", frame(0, "x")],
        ["a long control frame", Buffer.from([0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0, ...Buffer.alloc(256)])],
        ["a reserved bit", Buffer.from([0xf1, 0x81, 0, 0, 0, 0, 0x20])],
        ["a close of one byte", frame(8, "x")],
    ];
    await Promise.all(cases.map(async ([what, bytes]) => {
        const answer = await afterUpgrade(server, bytes);
        assert.ok(server.isRunning, what);
        assert.ok(!answer.includes("zzz"), `${what}: it was taken for a message`);
    }));
    const depth = await witness.provoke(deep);
    assert.match(depth.code, /^bad_(json|message)$/);
    const wide = await witness.provoke(`{"op":"subscribe","id":1e400,"topic":${"[[".repeat(3000)}`);
    assert.equal(wide.code, "bad_json");
    assert.ok(await witness.isServed());
    const binary = await Client.connect(t, server);
    binary.socket.send(Buffer.from([1, 2, 3]));
    await until(() => binary.errors.length || binary.end, "an answer to a binary message");
    binary.socket.terminate();
}));

test("REST requests given up at every endpoint", (t) => withstand(t, { program: IFPULSE_FAKE }, async (server) => {
    const targets = ["/", "/metrics", "/nothing", "/api/v1/snapshot", "/api/v1/interfaces", "/api/v1/interfaces/none", "/api/v1/connections",
        "/api/v1/connections?state=established&sort=-download_speed&limit=10", "/api/v1/owners", "/api/v1/totals", "/api/v1/events",
        "/api/v1/history?window_s=86400", "/api/v1/server", "/api/v1/health", "/api/v1/stream", "/api/v1/openapi.yaml"];
    const giveUp = async (target, how) => {
        const socket = net.connect(server.port, server.host);
        socket.on("error", () => {});
        await Promise.race([new Promise((done) => socket.on("connect", done)), pause(5000)]);
        socket.pause();
        socket.write(`GET ${target} HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\n\r\n`);
        if (how === "after a moment") {
            await pause(20);
        } else if (how === "after the first byte") {
            socket.resume();
            await Promise.race([new Promise((done) => socket.once("data", done)), pause(2000)]);
        }
        socket.resetAndDestroy();
    };
    for (const target of targets) { // a hundred clients at each
        await Promise.all(Array.from({ length: 102 }, (_, i) => giveUp(target, ["at once", "after a moment", "after the first byte"][i % 3])));
    }
    // Many questions on one connection, and none of the answers read.
    const socket = net.connect(server.port, server.host);
    socket.on("error", () => {});
    socket.pause();
    for (let i = 0; i < 50; i += 1) {
        socket.write(`GET /api/v1/connections HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\n\r\n`);
    }
    await pause(3000);
    socket.resetAndDestroy();
}));

test("a slow reader of a long REST answer gets all of it", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE });
    const whole = await server.get("/api/v1/connections");
    const socket = net.connect(server.port, server.host);
    t.after(() => socket.destroy());
    socket.write(`GET /api/v1/connections HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nConnection: close\r\n\r\n`);
    const chunks = [];
    socket.on("data", (chunk) => {
        chunks.push(chunk);
        socket.pause();
        setTimeout(() => socket.resume(), 50);
    });
    await within(new Promise((done) => socket.on("end", done)), "the end of the answer");
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));
    assert.ok(Object.keys(body.data).length >= 1500 && whole.json.count >= 1500);
    assert.equal(body.count, Object.keys(body.data).length);
    await server.stop();
});

test("interfaces that vanish while they are read", (t) => withstand(t, { intervalMs: 50 }, async (server) => {
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces");
    const loop = start(t, ["bash", "-c", `for i in $(seq 150); do
        ip link add v$((i % 5)) type bridge && ip link set v$((i % 5)) up
        ip addr add 10.88.$i.1/24 dev v$((i % 5)); ip link del v$((i % 5)); done; echo over`]);
    while (loop.exitCode === null) {
        for (const target of ["/api/v1/interfaces", "/api/v1/interfaces/v1", "/api/v1/snapshot", "/api/v1/events"]) {
            const { status } = await server.get(target);
            assert.ok(status === 200 || (target.endsWith("/v1") && status === 404), `${target}: ${status}`);
        }
    }
    assert.match(loop.output, /over/);
    addLink("last");
    await interfaces.reaches((state) => state.last && Object.keys(state).every((name) => !/^v\d$/.test(name)), "only what is left");
    await client.close();
}));

test("connections that come by the thousand and go without a word", (t) => withstand(t, {}, async (server) => {
    for (let round = 0; round < 10; round += 1) {
        await Promise.all(Array.from({ length: 100 }, () => new Promise((done) => {
            const socket = net.connect(server.port, server.host, () => {
                socket.resetAndDestroy();
                done();
            });
            socket.on("error", done);
        })));
    }
}));
