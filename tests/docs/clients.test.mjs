// The two clients on docs/protocol.md, as they stand there, against a running server whose line is
// cut on them: what they print must be what REST says at the same revision, before and after, and
// after the cut they must have gone on with a delta.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/protocol.md"), "utf8");
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

function writeClient(folder, name) {
    const code = new RegExp(`<!-- client: ${name} -->\\n\`\`\`\\w+\\n(.*?)\\n\`\`\`\\n`, "s").exec(page);
    assert.ok(code, `protocol.md has ${name}`);
    writeFileSync(join(folder, name), code[1]);
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
    { name: "follow.mjs", program: process.execPath },
    { name: "follow.py", program: "/usr/bin/python3" },
];
for (const { name, program } of followers) {
    for (const topic of ["interfaces", "connections"]) {
        test(`${name} follows ${topic}, also over a cut line`, { timeout: PATIENCE_MS * 3 }, async (t) => {
            const folder = temporaryFolder(t);
            const port = await startServer(t, folder);
            const proxy = await startProxy(t, port);
            const client = start(t, program, [writeClient(folder, name), `127.0.0.1:${proxy.port}`, topic]);
            const printed = new Map();
            createInterface({ input: client.stdout }).on("line", (line) => {
                if (client.killed) return; // which may leave half a line
                const { revision, state } = JSON.parse(line);
                printed.set(revision, state);
            });
            await compare(port, topic, printed, ENOUGH);
            proxy.cut();
            await compare(port, topic, printed, ENOUGH);
            assert.equal(client.exitCode, null, client.errors);
            assert.equal(client.errors, "");
            const [first, second] = proxy.said.filter((said) => said.includes('"op":"subscribed"'));
            assert.match(first, topic === "connections" ? /"op":"snapshot"[^]*?"part":2/ : /"op":"snapshot"/);
            assert.match(second, /"op":"subscribed"[^]*?"op":"delta","stream":\d+,"since":/);
            assert.doesNotMatch(second, /"op":"snapshot"/);
        });
    }
}
