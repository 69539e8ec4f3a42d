// Starting, ending, and what the command line says when it cannot.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { start } from "../support/network.mjs";
import { IFPULSE, IFPULSE_FAKE, launchServer, runOnce, startServer, temporaryFile } from "../support/server.mjs";
import { within } from "../support/wait.mjs";

for (const signal of ["SIGTERM", "SIGINT"]) {
    test(`${signal}: every client is told 1001, and the server ends with status 0 within 2 s`, async (t) => {
        const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 250 });
        const clients = [];
        for (let i = 0; i < 20; i += 1) {
            const client = await Client.connect(t, server);
            await client.subscribe(i % 2 ? "connections" : "interfaces");
            clients.push(client);
        }
        const idle = await Client.connect(t, server);
        const startAt = performance.now();
        server.process.kill(signal);
        const ends = await Promise.all([...clients, idle].map((client) => within(client.closed, "the close")));
        await within(server.ended, "the end");
        const ms = performance.now() - startAt;
        assert.deepEqual([...new Set(ends.map((end) => end.code))], [1001]);
        assert.ok(ms < 2500, `it took ${Math.round(ms)} ms`);
        await server.stop();
    });
}

test("SIGTERM ends it within 2 s also beside a client that never reads and one amid its handshake", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 50 });
    const stalled = await Client.connect(t, server);
    await stalled.subscribe("connections");
    stalled.stall();
    const other = await Client.connect(t, server);
    const connections = await other.subscribe("connections");
    server.raw("GET /api/v1/stream HTTP/1.1\r\nHost: 127", {}).catch(() => {});
    await within(new Promise((done) => { connections.onState = () => connections.received > 20 && done(); }), "20 ticks");
    const startAt = performance.now();
    server.process.kill("SIGTERM");
    assert.equal((await within(other.closed, "the close")).code, 1001);
    await within(server.ended, "the end");
    const ms = performance.now() - startAt;
    assert.ok(ms < 2500, `it took ${Math.round(ms)} ms`);
    await server.stop();
});

test("port 0 picks a free port and says it; a port in use is a clear message and a failure", async (t) => {
    const one = await startServer(t);
    const other = await startServer(t);
    assert.ok(one.port > 0 && other.port > 0 && one.port !== other.port);
    const third = runOnce(["serve", "--listen", `127.0.0.1:${one.port}`]);
    assert.notEqual(third.status, 0);
    assert.notEqual(third.status, null, "it ended by itself");
    assert.match(third.stderr, new RegExp(`${one.port}`));
    assert.match(third.stderr, /in use/i);
    assert.doesNotMatch(third.stdout + third.stderr, /listening on/);
    assert.equal((await one.get("/api/v1/health")).status, 200);
    await other.stop();
    await one.stop();
});

test("without a command it serves, on 127.0.0.1:8750", async (t) => {
    const server = await launchServer(t, []).listens();
    assert.deepEqual([server.host, server.port], ["127.0.0.1", 8750]);
    assert.equal((await server.get("/api/v1/health")).status, 200);
    await server.stop();
});

test("a wrong option is named, with status 2", () => {
    const cases = [
        [["--colour", "red"], /--colour/], [["serve", "--listen"], /--listen/], [["--listen", "nonsense"], /nonsense/],
        [["--listen", "127.0.0.1:70000"], /70000/], [["--interval-ms", "abc"], /--interval-ms|abc/], [["--interval-ms", "1"], /--interval-ms|50/],
        [["--interval-ms", "-5"], /--interval-ms|-5/], [["--log-level", "loud"], /--log-level/], [["dance"], /dance/],
        [["snapshot", "--topics", "weather"], /weather/], [["check-config"], /FILE|file/], [["--config", "/no/such/file"], /\/no\/such\/file/],
    ];
    for (const [args, names] of cases) {
        const { status, stderr, stdout } = runOnce(args);
        assert.equal(status, 2, `${args.join(" ")}: ${stderr}`);
        assert.match(stderr, names, args.join(" "));
        assert.doesNotMatch(stdout, /listening/);
    }
});

test("capture is refused where there is no macOS, or no empty folder, and leaves everything as it was", (t) => {
    const mine = temporaryFile(t, ".mine", "mine");
    const full = path.dirname(mine);
    const [fresh, empty] = ["fresh", "empty"].map((name) => path.join(full, name));
    mkdirSync(empty);
    for (const program of process.platform === "darwin" ? [IFPULSE_FAKE] : [IFPULSE, IFPULSE_FAKE]) {
        for (const folder of [fresh, empty]) {
            const { status, stdout, stderr } = runOnce(["capture", folder], { program });
            assert.equal(status, 1, stderr);
            assert.match(stderr, /^ifpulse: error: capture is for macOS[^\n]*\n$/);
            assert.equal(stdout, "");
        }
        const cases = [[[], /needs a DIR/], [[full], /is not empty/], [[mine], /mine is no folder/], [[fresh, "more"], /"more" is one word too many/]];
        for (const [args, says] of cases) {
            const { status, stderr } = runOnce(["capture", ...args], { program });
            assert.equal(status, 2, stderr);
            assert.match(stderr, says);
        }
        assert.equal(runOnce(["capture", path.join(full, "no", "such")], { program }).status, 1);
    }
    assert.deepEqual([readdirSync(full).sort(), readdirSync(empty), readFileSync(mine, "utf8")], [[".mine", "empty"], [], "mine"]);
});

test("a wrong config is named by file, line and key, with status 2, by check-config and by serve", (t) => {
    const cases = [
        ['{\n  "listen": "127.0.0.1:0",\n  "colour": "red"\n}', /:3\b|line 3/, /colour/],
        ['{\n  "interval_ms": "fast"\n}', /:2\b|line 2/, /interval_ms/],
        ['{\n\n  "interval_ms": 7\n}', /:3\b|line 3/, /interval_ms/],
        ['{\n  "limits": {\n    "clients": -1\n  }\n}', /:3\b|line 3/, /clients/],
        ['{\n  "limits": {\n    "cleints": 5\n  }\n}', /:3\b|line 3/, /cleints/],
        ['{\n  "interval_ms": 100\n  "listen": "x"\n}', /:3\b|line 3/, /./],
    ];
    for (const [text, line, key] of cases) {
        const file = temporaryFile(t, "bad.json", text);
        for (const args of [["check-config", file], ["serve", "--config", file]]) {
            const { status, stderr } = runOnce(args);
            assert.equal(status, 2, `${text}: ${stderr}`);
            assert.match(stderr, line, text);
            assert.match(stderr, key, text);
            assert.ok(stderr.includes("bad.json"), stderr);
        }
    }
    const good = temporaryFile(t, "good.json", '{ "interval_ms": 200, "listen": "127.0.0.1:0" }');
    assert.equal(runOnce(["check-config", good]).status, 0);
    assert.equal(runOnce(["check-config", "/no/such/file"]).status, 2);
});

test("the config is honoured, and the command line wins over it", async (t) => {
    const file = temporaryFile(t, "ifpulse.json", '{ "interval_ms": 300, "listen": "127.0.0.1:0" }');
    const plain = await launchServer(t, ["--config", file]).listens();
    assert.equal((await plain.get("/api/v1/server")).json.data.interval_ms, 300);
    assert.notEqual(plain.port, 8750);
    await plain.stop();
    const won = await launchServer(t, ["serve", "--config", file, "--interval-ms", "150"]).listens();
    assert.equal((await won.get("/api/v1/server")).json.data.interval_ms, 150);
    await won.stop();
});

test("--version and --help say what they should, on standard output, with status 0", () => {
    const version = runOnce(["--version"]);
    assert.equal(version.status, 0);
    assert.match(version.stdout, /^ifpulse \d+\.\d+\.\d+\n/);
    const help = runOnce(["--help"]);
    assert.equal(help.status, 0);
    for (const word of ["serve", "snapshot", "check-config", "--config", "--listen", "--web", "--interval-ms", "--token-file",
        "--anonymous", "--log-level", "--topics", "--version", "--help"]) {
        assert.ok(help.stdout.includes(word), `${word} in the help`);
    }
});

test("ifpulse snapshot prints one document with rates, without a server", async (t) => {
    start(t, ["node", "-e", "require('net').createServer().listen(7999, '127.0.0.1')"]);
    const all = runOnce(["snapshot"]);
    assert.equal(all.status, 0, all.stderr);
    const document = JSON.parse(all.stdout);
    assert.deepEqual(Object.keys(document.data).sort(), ["connections", "interfaces", "owners", "server", "totals"]);
    assert.equal(document.count.interfaces, Object.keys(document.data.interfaces).length);
    const some = JSON.parse(runOnce(["snapshot", "--topics", "interfaces,totals"]).stdout);
    assert.deepEqual(Object.keys(some.data).sort(), ["interfaces", "totals"]);
    assert.equal(typeof some.data.interfaces.lo.download_speed, "number", "two samples, so it has rates");
    assert.equal(typeof some.data.interfaces.lo.bytes_received, "number");
});

test("an address that others can reach takes a token or \"anonymous\": else it does not start, and says so", async (t) => {
    for (const address of ["0.0.0.0:0", "[::]:0"]) {
        const refused = runOnce(["--listen", address]);
        assert.notEqual(refused.status, 0);
        assert.notEqual(refused.status, null, "it ended by itself");
        assert.match(refused.stderr, /token/);
        assert.match(refused.stderr, /anonymous/);
    }
    const open = await launchServer(t, ["--listen", "0.0.0.0:0", "--anonymous"]).listens();
    open.host = "127.0.0.1";
    assert.equal((await open.get("/api/v1/health")).status, 200);
    await open.stop();
    const six = await launchServer(t, ["--listen", "[::1]:0"]).listens();
    assert.equal((await six.get("/api/v1/health")).status, 200);
    await six.stop();
});
