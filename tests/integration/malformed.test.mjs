// What no well-behaved client sends, and no careful person types. Each case once broke something:
// a crash, a leak, a hang, a spin, or an answer to another question.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
import { test } from "node:test";

import { usage } from "../support/network.mjs";
import { IFPULSE, launchServer, runOnce, startServer, temporaryFile } from "../support/server.mjs";
import { pause } from "../support/wait.mjs";

const host = (server) => `Host: ${server.host}:${server.port}\r\n`;

// libwebsockets lets no answer out before it has read a request's body, and took the memory of an
// answer that waited for the network to be read away without a word.
test("a GET or HEAD with a body is refused whole, also where the answer would have to wait", async (t) => {
    for (const topic of ["totals", "connections", "snapshot", "health", "interfaces"]) {
        const server = await startServer(t, { intervalMs: 1000 });
        for (const method of ["GET", "HEAD"]) {
            const text = await server.raw(`${method} /api/v1/${topic} HTTP/1.1\r\n${host(server)}Content-Length: 2\r\n\r\n{}`,
                { untilMatch: method === "GET" ? /\}\n$/ : /\r\n\r\n/ });
            assert.match(text, /^HTTP\/1.1 400 /, `${method} ${topic}`);
            assert.equal(text.includes("problems/bad-request"), method === "GET", "a HEAD has no body, even so");
        }
        assert.equal((await server.get(`/api/v1/${topic}`)).status, 200, "the server goes on");
        await server.stop(); // a sanitizer build says here what was leaked
    }
});

test("CONNECT is answered and closed like every other method", async (t) => {
    const server = await startServer(t);
    const text = await server.raw(`CONNECT a:80 HTTP/1.1\r\n${host(server)}\r\n`);
    assert.match(text, /^HTTP\/1.1 405 /);
    assert.match(text, /allow: GET, HEAD/);
    await server.stop();
});

test("no part of a query is dropped because it is long, and an empty query is none", async (t) => {
    const server = await startServer(t);
    const long = "a".repeat(2100);
    for (const query of [`bogus=${long}`, `since=1&bogus=${long}`, `bogus=${long}&since=abc`, `topics=totals,${long}`]) {
        const answer = await server.get(`/api/v1/snapshot?${query}`);
        assert.equal(answer.status, 400, query.slice(0, 30));
        assert.equal(answer.json.type, "/problems/bad-request");
    }
    for (const query of ["?", "?&"]) {
        assert.equal((await server.get(`/api/v1/totals${query}`)).status, 200, query);
    }
    await server.stop();
});

test("gzip is sent to those who take it", async (t) => {
    const server = await startServer(t);
    const rows = [["gzip", true], ["br, gzip", true], ["gzip;q=0.8", true], ["GZIP", true],
        ["gzip;q=0", false], ["gzip; q=0", false], ["gzip ; q=0.000", false], ["gzipped", false], ["deflate", false]];
    for (const [encodings, isTaken] of rows) {
        const { headers } = await server.get("/", { headers: { "Accept-Encoding": encodings } });
        assert.equal(headers["content-encoding"], isTaken ? "gzip" : undefined, encodings);
    }
    await server.stop();
});

test("what libwebsockets answers by itself has the security headers too, and nothing has them twice", async (t) => {
    const server = await startServer(t);
    for (const method of ["GET", "TRACE"]) {
        const text = await server.raw(`${method} /api/v1/totals HTTP/1.1\r\n${host(server)}\r\n`, { untilMatch: /\r\n\r\n/ });
        assert.equal(text.match(/content-security-policy:/g)?.length, 1, method);
        assert.equal(text.match(/x-content-type-options: nosniff/g)?.length, 1, method);
    }
    await server.stop();
});

test("a handshake without a key is told so", async (t) => {
    const server = await startServer(t);
    for (const key of ["", "Sec-WebSocket-Key: abc\r\n"]) {
        const text = await server.raw(`GET /api/v1/stream HTTP/1.1\r\n${host(server)}Upgrade: websocket\r\nConnection: Upgrade\r\n`
            + `Sec-WebSocket-Version: 13\r\n${key}Sec-WebSocket-Protocol: ifpulse.v1\r\n\r\n`, { untilMatch: /\}\n$/ });
        assert.match(text, /^HTTP\/1.. 400 /);
        assert.match(text, /Sec-WebSocket-Key/);
    }
    await server.stop();
});

// libwebsockets spins when it is refused a descriptor for a connection that waits.
test("with few descriptors the server refuses rather than spins", async (t) => {
    const server = launchServer(t, ["--nofile=64:64", IFPULSE, "--listen", "127.0.0.1:0"], "prlimit");
    await server.listens();
    const spend = async (ms) => {
        const before = usage(server.pid).cpu_ms;
        await pause(ms);
        return usage(server.pid).cpu_ms - before;
    };
    await pause(500);
    const alone = await spend(4000);
    const idle = Array.from({ length: 84 }, () => net.connect(server.port, server.host).on("error", () => {}));
    await pause(500);
    const spent = await spend(4000);
    t.diagnostic(`${spent} ms of processor time in 4 s, ${alone} without them`);
    assert.ok(spent - alone <= 80, `${spent} ms of 4000, and ${alone} without them: more than 2 %`); // a spin takes all of it
    idle.forEach((socket) => socket.destroy());
    await server.stop();
    const none = runOnce(["--nofile=20:20", IFPULSE, "--listen", "127.0.0.1:0"], { program: "prlimit" });
    assert.notEqual(none.status, 0);
});

test("an option without its value does not take the command for it", () => {
    for (const words of [["serve", "--config"], ["snapshot", "--config"], ["snapshot", "--interval-ms"], ["serve", "--web"]]) {
        const { status, stderr } = runOnce(words);
        assert.equal(status, 2, words.join(" "));
        assert.match(stderr, new RegExp(`${words[1]} needs a value`));
    }
    assert.match(runOnce(["-ab"]).stderr, /no option -a/);
});

test("what cannot be read or written is named", async (t) => {
    const file = temporaryFile(t, "zero.json", '{"interval_ms":100}\0 garbage {{');
    assert.match(runOnce(["check-config", file]).stderr, /zero\.json: .*NUL/);
    const listen = temporaryFile(t, "open.json", '{\n\n"listen":"0.0.0.0:1"}');
    assert.match(runOnce(["check-config", listen]).stderr, /open\.json:3: listen: /);
    assert.match(runOnce(["--web", file]).stderr, /the page in .*zero\.json/);
    const full = spawn("sh", ["-c", '"$0" snapshot --topics totals --interval-ms 50 >/dev/full', IFPULSE], { stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    full.stderr.on("data", (text) => { words += text; });
    const status = await new Promise((done) => full.on("close", done));
    assert.equal(status, 1);
    assert.match(words, /standard output/);
});
