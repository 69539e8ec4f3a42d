// What a client may use up: what breaks a limit gets an error that says so, then a close; nobody
// else notices.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { usage } from "../support/network.mjs";
import { IFPULSE_FAKE, certificate, launchServer, startServer } from "../support/server.mjs";
import { until, within } from "../support/wait.mjs";

async function brokenBy(client, code, close) {
    const end = await within(client.closed, "the close");
    assert.equal(client.errors.at(-1)?.code, code, JSON.stringify(client.errors.at(-1)));
    assert.equal(end.code, close);
}

test("too many messages are too_fast and 4429, and another client goes on", async (t) => {
    const server = await startServer(t, { config: { limits: { message_burst: 20, messages_per_s: 5 } } });
    const other = await Client.connect(t, server);
    const totals = await other.subscribe("totals");
    const client = await Client.connect(t, server);
    for (let i = 0; i < 20; i += 1) {
        client.send({ op: "ping", data: String(i) });
    }
    await until(() => client.pongs.length === 20 || client.end, "a burst's worth of pongs");
    assert.equal(client.pongs.length, 20, JSON.stringify(client.errors));
    for (let i = 0; i < 50; i += 1) {
        client.send({ op: "ping" });
    }
    await brokenBy(client, "too_fast", 4429);
    const before = totals.received;
    await until(() => totals.received > before, "the other client's next message");
    await other.close();
    await server.stop();
});

test("one subscription more than allowed is too_many_subscriptions and 4429", async (t) => {
    const server = await startServer(t, { config: { limits: { subscriptions: 2 } } });
    const client = await Client.connect(t, server);
    const first = await client.subscribe("totals");
    await client.subscribe("server");
    client.send({ op: "unsubscribe", id: first.request.id });
    await until(() => first.isComplete, "complete");
    await client.subscribe("events"); // the place was free again
    client.request("interfaces");
    await brokenBy(client, "too_many_subscriptions", 4429);
    await server.stop();
});

test("the client that is one too many from its address gets too_many_clients and 4429, until a place is free", async (t) => {
    const server = await startServer(t, { config: { limits: { clients_per_address: 2 } } });
    const first = await Client.connect(t, server);
    await Client.connect(t, server);
    const third = new Client(t, server);
    await brokenBy(third, "too_many_clients", 4429);
    await first.close();
    await until(async () => {
        const again = new Client(t, server);
        await until(() => again.hello || again.end, "an answer");
        return again.hello && again.isServed();
    }, "the free place");
    await server.stop();
});

test("a full server says 4503 to the next client and still answers REST", async (t) => {
    const server = await startServer(t, { config: { limits: { clients: 2 } } });
    await Client.connect(t, server);
    await Client.connect(t, server);
    const third = new Client(t, server);
    assert.equal((await within(third.closed, "the close")).code, 4503);
    assert.equal((await server.get("/api/v1/health")).status, 200);
    await server.stop();
});

test("who asks too often is told 429 and when to come back; connections past the rate are closed", async (t) => {
    const server = await startServer(t, { config: { limits: { requests_per_s: 5, request_burst: 20 } } });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const get = () => new Promise((done, fail) => {
        http.get({ host: server.host, port: server.port, path: "/api/v1/health", agent }, (answer) => {
            answer.resume();
            answer.on("end", () => done(answer));
        }).on("error", fail);
    });
    const answers = [];
    for (let i = 0; i < 40; i += 1) {
        answers.push(await get());
    }
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    assert.ok(refused.length > 0 && answers.slice(0, 20).every(({ statusCode }) => statusCode === 200), answers.map(({ statusCode }) => statusCode).join());
    assert.equal(refused[0].headers["retry-after"], "1");
    assert.match(refused[0].headers["content-type"], /problem\+json/);
    assert.match(refused[0].headers["content-security-policy"], /default-src/);
    const upgrade = await server.raw(`GET /api/v1/stream HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`, { untilMatch: /\}\n$/ });
    assert.match(upgrade, /^HTTP\/1.. (429|400)/);
    await until(async () => (await get()).statusCode === 200, "a second's worth of requests");
    const closed = await Promise.all(Array.from({ length: 60 }, () => server.raw("", { ms: 1000 }).then(() => server.isRunning)));
    assert.ok(closed.every(Boolean));
    agent.destroy();
    await server.stop();
});

test("nobody has more than ten seconds to ask something, TLS included", async (t) => {
    const { file, key } = certificate(t);
    for (const config of [{}, { tls_certificate: file, tls_key: key }]) {
        const server = await startServer(t, { config });
        const idle = [net.connect(server.port, server.host), server.connect(() => idle[1].write("GET / HT"))];
        const start = performance.now();
        const drip = setInterval(() => idle[1].write("T"), 1000);
        await Promise.all(idle.map((socket) => within(new Promise((done) => socket.on("error", () => {}).on("close", done).resume()), "the close")));
        clearInterval(drip);
        const seconds = (performance.now() - start) / 1000;
        assert.ok(seconds > 3 && seconds < 20, `${seconds} s`);
        await server.stop();
    }
});

test("its open files are as many as the system lets it have, its memory is not", async (t) => {
    const hard = /Max open files +\d+ +(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))[1];
    const server = launchServer(t, [`--nofile=1024:${hard}`, IFPULSE_FAKE, "--listen", "127.0.0.1:0"], "prlimit");
    await server.listens();
    const [, soft] = /Max open files +(\d+)/.exec(readFileSync(`/proc/${server.pid}/limits`, "utf8"));
    assert.equal(soft, hard);
    t.diagnostic(`${usage(server.pid).rss_bytes >> 20} MB of memory with ${hard} files`);
    assert.ok(usage(server.pid).rss_bytes < 200 << 20);
    await server.stop();
});
