// The clients of docs/examples, as they stand there, against a running server whose line is cut on
// them: what they print must be what REST says at the same revision, before and after, and after the
// cut they must have gone on with a delta. What makes no sense to try again, they do not.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const { WebSocketServer } = createRequire(new URL("../../web/package.json", import.meta.url))("ws");
const root = fileURLToPath(new URL("../..", import.meta.url));
const ENOUGH = 10; // comparisons before the cut, and as many after it
const CONNECTIONS = 400; // enough for a snapshot in parts
const PATIENCE_MS = 60_000;

function canonical(value) {
    return JSON.stringify(value, (_, inner) =>
        inner && typeof inner === "object" && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner);
}

function temporaryFolder(t) {
    const folder = mkdtempSync(join(tmpdir(), "ifpulse-clients-"));
    t.after(() => rmSync(folder, { recursive: true }));
    symlinkSync(join(root, "web/node_modules"), join(folder, "node_modules"));
    return folder;
}

// A copy beside node_modules, for the ws it may need.
function copyClient(folder, name) {
    copyFileSync(join(root, "docs/examples", name), join(folder, name));
    return join(folder, name);
}

// Ended with the test, by its own handle, and read to the end.
function start(t, command, args) {
    const env = { ...process.env, IFPULSE_FAKE_CONNECTIONS: CONNECTIONS };
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const closed = once(child, "close");
    child.errors = "";
    child.stderr.on("data", (text) => { child.errors += text; });
    t.after(async () => {
        child.kill();
        await closed;
    });
    return child;
}

async function startServer(t, folder) {
    const config = join(folder, "config.json");
    writeFileSync(config, JSON.stringify({ allowed_hosts: ["127.0.0.1"] }));
    const server = start(t, process.env.IFPULSE_FAKE,
        ["--config", config, "--listen", "127.0.0.1:0", "--interval-ms", "100"]);
    return new Promise((done, fail) => {
        createInterface({ input: server.stdout }).on("line", (line) => {
            done(Number(/listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1]));
        });
        server.on("close", () => fail(new Error(`the server does not start: ${server.errors}`)));
    });
}

// Stands between client and server, keeps what the server said, and can cut the line.
async function startProxy(t, port) {
    const lines = new Set();
    const proxy = { said: [], lines };
    const listener = net.createServer((client) => {
        const server = net.connect(port, "127.0.0.1");
        const said = proxy.said.push("") - 1;
        server.on("data", (bytes) => { proxy.said[said] += bytes.toString("latin1"); });
        client.pipe(server).pipe(client);
        for (const end of [client, server]) {
            lines.add(end);
            end.on("error", () => {});
            end.on("close", () => {
                lines.delete(end);
                client.destroy();
                server.destroy();
            });
        }
    });
    proxy.cut = () => { for (const end of lines) end.destroy(); };
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    proxy.port = listener.address().port;
    t.after(() => {
        listener.close();
        proxy.cut();
    });
    return proxy;
}

async function get(port, path) {
    const [response] = await once(http.get({ host: "127.0.0.1", port, path, agent: false }), "response");
    return JSON.parse(Buffer.concat(await response.toArray()));
}

// Reads REST until as many revisions are known from both sides as wanted, and compares them.
async function compare(port, topic, printed, wanted) {
    const deadline = Date.now() + PATIENCE_MS;
    const answers = new Map();
    const first = Math.max(0, ...printed.keys()) + 1;
    for (let compared = 0; compared < wanted;) {
        const answer = await get(port, `/api/v1/${topic}`);
        answers.set(answer.revision, canonical(answer.data));
        await pause(30);
        compared = 0;
        for (const [revision, text] of answers) {
            if (revision < first || !printed.has(revision)) continue;
            assert.equal(canonical(printed.get(revision)), text, `revision ${revision}`);
            compared++;
        }
        assert.ok(Date.now() < deadline, `${compared} of ${wanted} comparisons; printed ${printed.size}`);
    }
}

const followers = [
    { name: "follow.mjs", command: (folder) => [process.execPath, copyClient(folder, "follow.mjs")] },
    { name: "follow.py", command: (folder) => ["/usr/bin/python3", copyClient(folder, "follow.py")] },
    { name: "follow.c", command: () => [process.env.FOLLOW] },
];

function startFollower(t, command, args) {
    const [program, ...words] = command(temporaryFolder(t));
    return start(t, program, [...words, ...args]);
}

for (const { name, command } of followers) {
    for (const topic of ["interfaces", "connections"]) {
        test(`${name} follows ${topic}, also over a cut line`, { timeout: PATIENCE_MS * 3 }, async (t) => {
            const folder = temporaryFolder(t);
            const port = await startServer(t, folder);
            const proxy = await startProxy(t, port);
            const client = startFollower(t, command, [`127.0.0.1:${proxy.port}`, topic]);
            const printed = new Map();
            createInterface({ input: client.stdout }).on("line", (line) => {
                if (client.killed) return; // which may leave half a line
                const { revision, state } = JSON.parse(line);
                printed.set(revision, state);
            });
            await compare(port, topic, printed, ENOUGH);
            assert.equal(client.errors, "");
            proxy.cut();
            await compare(port, topic, printed, ENOUGH);
            assert.equal(client.exitCode, null, client.errors);
            assert.match(client.errors, /^[^\n]*; again (in [\d.]+ m?s|soon)\n$/);
            const [first, second] = proxy.said.filter((said) => said.includes('"op":"subscribed"'));
            assert.match(first, topic === "connections" ? /"op":"snapshot"[^]*?"part":2/ : /"op":"snapshot"/);
            assert.match(second, /"op":"subscribed"[^]*?"op":"delta","stream":\d+,"since":/);
            assert.doesNotMatch(second, /"op":"snapshot"/);
        });
    }
}

// What the server says to whom it sends away: a frame of its own making, since that is for tests of
// the server to provoke.
async function startRefuser(t, code) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "ifpulse.v1" });
    const refuser = { visits: 0 };
    server.on("connection", (socket) => {
        refuser.visits += 1;
        socket.close(code, "for a test");
    });
    await once(server, "listening");
    refuser.port = server.address().port;
    t.after(() => {
        for (const socket of server.clients) socket.terminate();
        server.close();
    });
    return refuser;
}

for (const { name, command } of followers) {
    test(`${name} ends when it is told not to come back, or that it asked wrongly, and else comes back`, { timeout: PATIENCE_MS * 3 }, async (t) => {
        for (const code of [4401, 1009]) {
            const refuser = await startRefuser(t, code);
            const client = startFollower(t, command, [`127.0.0.1:${refuser.port}`]);
            const [status] = await once(client, "close");
            assert.deepEqual([status, refuser.visits], [1, 1], client.errors);
            assert.match(client.errors, new RegExp(`${code}[^\n]*for a test`));
        }
        const port = await startServer(t, temporaryFolder(t));
        const wrong = startFollower(t, command, [`127.0.0.1:${port}`, "weather"]);
        assert.deepEqual(await once(wrong, "close"), [1, null], wrong.errors);
        assert.match(wrong.errors, /weather/);
        const refuser = await startRefuser(t, 4503);
        const client = startFollower(t, command, [`127.0.0.1:${refuser.port}`]);
        const deadline = Date.now() + PATIENCE_MS;
        while (refuser.visits < 3) {
            assert.ok(Date.now() < deadline && client.exitCode === null, client.errors);
            await pause(20);
        }
    });
}

// Says what a server never would: that something was lost.
async function startLiar(t, lie) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "ifpulse.v1" });
    const liar = { asked: [] };
    server.on("connection", (socket) => {
        const say = (message) => socket.send(JSON.stringify({ stream: 1, time: "2026-01-31T12:00:00.000Z", ...message }));
        socket.on("message", (text) => {
            liar.asked.push(JSON.parse(text));
            say({ op: "subscribed", id: 1, topic: "interfaces", interval_ms: 1000, fields: ["mtu"] });
            say({ op: "snapshot", revision: 5, count: 1, data: { lo: { mtu: 65536 } } });
            say({ op: "delta", since: 5, revision: 6, count: 1, patch: {}, ...(liar.asked.length === 1 ? lie : {}) });
        });
        say({ op: "hello", instance: "69685e5c" });
    });
    await once(server, "listening");
    liar.port = server.address().port;
    t.after(() => {
        for (const socket of server.clients) socket.terminate();
        server.close();
    });
    return liar;
}

for (const { name, command } of followers) {
    test(`${name} asks for the whole again where something was lost`, { timeout: PATIENCE_MS * 2 }, async (t) => {
        for (const lie of [{ since: 4 }, { count: 2 }, { patch: { eth0: { mtu: 1500 } } }]) {
            const liar = await startLiar(t, lie);
            const client = startFollower(t, command, [`127.0.0.1:${liar.port}`, "interfaces"]);
            let printed = "";
            client.stdout.on("data", (text) => { printed += text; });
            const deadline = Date.now() + PATIENCE_MS;
            while (!/"revision": ?6/.test(printed)) {
                assert.ok(Date.now() < deadline && client.exitCode === null, `${client.errors} ${printed}`);
                await pause(10);
            }
            assert.deepEqual(liar.asked.map(({ since }) => since), [undefined, undefined], JSON.stringify(lie));
            assert.equal(printed.match(/"revision": ?5/g).length, 2, printed);
        }
    });
}
