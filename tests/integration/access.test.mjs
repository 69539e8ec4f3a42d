// Who may come in: Host and Origin are checked on files, on REST and on the upgrade.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WebSocket } from "../support/client.mjs";
import { certificate, startServer } from "../support/server.mjs";
import { until, within } from "../support/wait.mjs";

const TARGETS = ["/", "/api/v1/health", "/api/v1/snapshot"];

function hosts(port) {
    return {
        good: [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`],
        bad: ["evil.example", `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, `localhost.evil.example:${port}`, `l:${port}`,
            `127.0.0.1:${port + 1}`, "127.0.0.1", "localhost", `10.0.0.1:${port}`, `localhost:${port}x`, `user@localhost:${port}`, ""],
    };
}

function origins(port) {
    return {
        good: [undefined, `http://127.0.0.1:${port}`],
        bad: ["http://evil.example", `http://evil.example:${port}`, `http://127.0.0.1:${port + 1}`, "http://127.0.0.1", "null",
            `http://127.0.0.1.evil.example:${port}`, `http://evil.example#127.0.0.1:${port}`, "file://", "garbage"],
    };
}

// Whether it could be a Host at all; what could not may as well be called a bad request.
const isHost = (host) => /^[\w.-]+(:\d+)?$/.test(host);

// The status of an upgrade with these headers; 101 where it is let in.
function upgrade(server, headers) {
    const socket = new WebSocket(`${server.isTls ? "wss" : "ws"}://${server.host}:${server.port}/api/v1/stream`, "ifpulse.v1", { headers, rejectUnauthorized: false });
    return within(new Promise((done, fail) => {
        socket.on("open", () => done(101));
        socket.on("unexpected-response", (_, answer) => done(answer.statusCode));
        socket.on("error", fail);
    }), "the upgrade").finally(() => {
        socket.on("error", () => {});
        socket.terminate();
    });
}

test("Host must be the listener's or loopback, with its port: else 403, on files, REST and the upgrade", async (t) => {
    const server = await startServer(t);
    const { good, bad } = hosts(server.port);
    for (const host of good) {
        for (const target of TARGETS) {
            assert.equal((await server.get(target, { headers: { host } })).status, 200, `${target} with Host: ${host}`);
        }
        assert.equal(await upgrade(server, { host }), 101, `upgrade with Host: ${host}`);
    }
    for (const host of bad) {
        for (const target of TARGETS) {
            const answer = await server.raw(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, { untilMatch: /\r\n/ });
            assert.match(answer, isHost(host) ? /^HTTP\/1\.[01] 403 / : /^HTTP\/1\.[01] 40[03] /, `${target} with Host: ${host}`);
        }
        const status = host === "" ? 403 : await upgrade(server, { host });
        assert.ok(status === 403 || (status === 400 && !isHost(host)), `upgrade with Host: ${host}: ${status}`);
    }
    const { json, headers, status } = await server.get("/api/v1/health", { headers: { host: "evil.example" } });
    assert.equal(status, 403);
    assert.match(headers["content-type"], /^application\/problem\+json/);
    assert.equal(json.type, "/problems/forbidden");
    assert.match(server.output, /evil\.example/, "the log names what was refused");
    await server.stop();
});

test("Origin, when sent, must be Host's: else 403, on files, REST and the upgrade", async (t) => {
    const server = await startServer(t);
    const { good, bad } = origins(server.port);
    for (const origin of good) {
        const headers = origin === undefined ? {} : { origin };
        for (const target of TARGETS) {
            assert.equal((await server.get(target, { headers })).status, 200, `${target} with Origin: ${origin}`);
        }
        assert.equal(await upgrade(server, headers), 101, `upgrade with Origin: ${origin}`);
    }
    for (const origin of bad) {
        for (const target of TARGETS) {
            assert.equal((await server.get(target, { headers: { origin } })).status, 403, `${target} with Origin: ${origin}`);
        }
        assert.equal(await upgrade(server, { origin }), 403, `upgrade with Origin: ${origin}`);
    }
    assert.equal((await server.get("/", { headers: { host: `localhost:${server.port}`, origin: `http://localhost:${server.port}` } })).status, 200);
    await server.stop();
});

test("allowed_hosts and allowed_origins open the door to what they name, and to nothing else", async (t) => {
    const server = await startServer(t, { config: { allowed_hosts: ["wall.example"], allowed_origins: ["http://board.example"] } });
    const status = async (headers) => (await server.get("/api/v1/health", { headers })).status;
    assert.equal(await status({ host: "wall.example" }), 200);
    assert.equal(await status({ host: "other.example" }), 403);
    assert.equal(await status({ origin: "http://board.example" }), 200);
    assert.equal(await status({ origin: "http://board.example.evil.example" }), 403);
    assert.equal(await upgrade(server, { host: "wall.example", origin: "http://board.example" }), 101);
    assert.equal(await upgrade(server, { host: "wall.example", origin: "http://evil.example" }), 403);
    await server.stop();
});

const isRefused = (status) => status === 403 || status === 400;

// Every pair of a Host and an Origin, in the same way on each road in.
test("Host and Origin are judged alike on files, REST, /metrics and the upgrade, with TLS and without", async (t) => {
    const { file, key } = certificate(t);
    for (const config of [{}, { tls_certificate: file, tls_key: key }]) {
        const server = await startServer(t, { config });
        const [ours, other] = server.isTls ? ["https", "http"] : ["http", "https"];
        const { port } = server;
        const HOSTS = [[`127.0.0.1:${port}`, true], [`localhost.:${port}`, true], [`LocalHost:${port}`, true], [`[::1]:${port}`, true], [`[0:0::1]:${port}`, true],
            [`127.1.2.3:${port}`, true], ["[::1]", false], [`[fe80::1]:${port}`, false], [`localhost..:${port}`, false], [`127.0.0.1:0${port}0`, false], [`evil.example:${port}`, false],
            [`127.0.0.1.evil.example:${port}`, false]];
        for (const [host, isOurs] of HOSTS) {
            const ORIGINS = [[undefined, true], [`${ours}://${host}`, true], [`${ours.toUpperCase()}://${host}`, true], [`${other}://${host}`, false], ["null", false], [`${ours}://evil.example:${port}`, false],
                [`${ours}://${host}.evil.example`, false], [`${ours}://${host}@evil.example`, false], [`${ours}://user@${host}`, false], [host, false]];
            for (const [origin, isSame] of ORIGINS) {
                const headers = { host, ...(origin && { origin }) };
                const roads = await Promise.all([...["/", "/api/v1/health", "/metrics"].map((target) => server.get(target, { headers }).then(({ status }) => isRefused(status))),
                    upgrade(server, headers).then(isRefused)]);
                assert.deepEqual(roads, roads.map(() => !(isOurs && isSame)), `${server.isTls} ${host} ${origin}`);
            }
        }
        const lines = server.output.split("refused:").length;
        assert.ok(lines < 30, `${lines} lines of refusals: they are counted, not listed`);
        await until(() => /refused: \d+ more within/.test(server.output), "the count");
        await server.stop();
    }
});

test("HTTP/1.1 without Host is 400", async (t) => {
    const server = await startServer(t);
    for (const target of ["/", "/api/v1/health"]) {
        const answer = await server.raw(`GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`, { untilMatch: /\r\n/ });
        assert.match(answer, /^HTTP\/1\.[01] 400 /, target);
    }
    await server.stop();
});
