// Tokens: who has none, a wrong one, a right one, one of a narrower scope, one that was withdrawn.

import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { Client, WebSocket } from "../support/client.mjs";
import { usage } from "../support/network.mjs";
import { IFPULSE_FAKE, certificate, launchServer, runOnce, startServer, temporaryFile } from "../support/server.mjs";
import { pause, until, within } from "../support/wait.mjs";

const ALL = "a-token-for-everything";
const WALL = "a-token-for-a-wallboard";
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const tokenFile = (t, text = `# ours\n${ALL}\n\n  ${WALL}\tinterfaces # the kitchen\n`) => temporaryFile(t, "tokens", text);

async function startGuarded(t, options = {}) {
    const file = tokenFile(t);
    const server = await startServer(t, { program: IFPULSE_FAKE, ...options, config: { token_file: file, ...options.config } });
    server.tokenFile = file;
    return server;
}

const timed = async (act) => {
    const start = performance.now();
    const value = await act();
    return { value, ms: performance.now() - start };
};

const upgradeStatus = (t, server, headers) => {
    const socket = new WebSocket(`${server.isTls ? "wss" : "ws"}://${server.host}:${server.port}/api/v1/stream`, "ifpulse.v1", { headers, rejectUnauthorized: false });
    t.after(() => socket.terminate());
    return within(new Promise((done, fail) => {
        socket.on("open", () => done(101));
        socket.on("unexpected-response", (_, answer) => done(answer.statusCode));
        socket.on("error", fail);
    }), "the upgrade").finally(() => socket.on("error", () => {}));
};

const neverSaid = (server) => {
    for (const secret of [ALL, WALL, "not-the-right-one"]) {
        assert.doesNotMatch(server.output, new RegExp(secret), "a token in the log");
    }
};

for (const isTls of [false, true]) {
    test(`REST asks for a token, files do not${isTls ? "; over TLS" : ""}`, async (t) => {
        const { file, key } = isTls ? certificate(t) : {};
        const server = await startGuarded(t, { config: isTls ? { tls_certificate: file, tls_key: key } : {} });
        assert.equal((await server.get("/")).status, 200);
        for (const target of ["/api/v1/health", "/api/v1/snapshot", "/api/v1/interfaces/eth0", "/api/v1/stream", "/api/nothing", "/metrics", `/api/v1/health?token=${ALL}`]) {
            const { status, headers, json } = await server.get(target);
            assert.equal(status, 401, target);
            assert.match(headers["www-authenticate"], /^Bearer/);
            assert.equal(json.type, "/problems/unauthorized");
            assert.match(headers["content-security-policy"], /default-src/);
            assert.equal((await server.get(target, { headers: { authorization: "Basic eDp5" } })).status, 401, target);
        }
        assert.equal((await server.get("/api/v1/health", { headers: bearer(ALL) })).status, 200);
        assert.equal((await server.get("/api/v1/health", { headers: { authorization: `bearer   ${ALL}` } })).status, 200);
        const wrong = await timed(() => server.get("/api/v1/health", { headers: bearer("not-the-right-one") }));
        assert.equal(wrong.value.status, 401);
        assert.match(wrong.value.headers["www-authenticate"], /invalid_token/);
        assert.ok(wrong.ms >= 240, `${wrong.ms}`);
        const upgrade = await timed(() => upgradeStatus(t, server, bearer("not-the-right-one")));
        assert.equal(upgrade.value, 401);
        assert.ok(upgrade.ms >= 490, `${upgrade.ms}`);
        assert.equal(await upgradeStatus(t, server, bearer(ALL)), 101);
        neverSaid(server);
        await server.stop();
    });
}

test("failures are slowed, also side by side, and hold up nobody else", async (t) => {
    const server = await startGuarded(t);
    const start = performance.now();
    const fail = () => timed(() => server.get("/api/v1/health", { headers: bearer("not-the-right-one") }));
    const failures = Promise.all(Array.from({ length: 6 }, fail));
    await pause(50);
    const { ms } = await timed(() => server.get("/api/v1/health", { headers: bearer(ALL) }));
    assert.ok(performance.now() - start < 2000 || ms < 1000, "others are answered meanwhile");
    const waits = (await failures).map((failure) => failure.ms).sort((a, b) => a - b);
    [250, 500, 1000, 2000, 4000, 8000].forEach((least, i) => assert.ok(waits[i] >= least - 20, `${waits}`));
    await server.stop();
});

// libwebsockets spins where a client leaves whose answer is pending.
test("who leaves before the refusal comes costs nothing", async (t) => {
    const { file, key } = certificate(t);
    for (const config of [{}, { tls_certificate: file, tls_key: key }]) {
        const server = await startGuarded(t, { config });
        const lines = (extra) => `GET /api/v1/${extra ? "stream" : "health"} HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nAuthorization: Bearer not-the-right-one\r\n${extra}\r\n`;
        const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ifpulse.v1\r\n";
        const sockets = Array.from({ length: 60 }, (_, i) => {
            const socket = server.connect(() => socket.write(lines(i % 2 ? upgrade : "")));
            return socket.on("error", () => {});
        });
        await until(() => /has a wrong token/.test(server.output), "the first refusal");
        await pause(300);
        sockets.forEach((socket, i) => (i % 3 ? socket.destroy() : socket.end()));
        const before = usage(server.pid).cpu_ms;
        await pause(2000);
        const spent = usage(server.pid).cpu_ms - before;
        assert.ok(spent < 1000, `${spent} ms of CPU in 2 s`);
        await until(() => usage(server.pid).descriptors < 60, () => `the descriptors to be closed: ${usage(server.pid).descriptors}`);
        assert.ok(server.output.split("wrong token").length < 10, "the log is not flooded");
        assert.equal((await server.get("/api/v1/health", { headers: bearer(ALL) })).status, 200);
        await server.stop();
    }
});

test("a client says its token first, or goes with 4401", async (t) => {
    const server = await startGuarded(t);
    const right = await Client.connect(t, server);
    assert.equal(right.hello.authentication, "required");
    right.send({ op: "authenticate", token: ALL });
    await right.subscribe("connections");
    const known = await Client.connect(t, server, { options: { headers: bearer(ALL) } });
    assert.equal(known.hello.authentication, undefined);
    known.send({ op: "authenticate", token: ALL }); // once more does no harm
    await known.subscribe("connections");
    for (const [message, code] of [[{ op: "ping" }, "unauthorized"], [{ op: "subscribe", id: 1, topic: "totals" }, "unauthorized"], ["{", "bad_json"],
        [{ op: "authenticate" }, "bad_message"], [{ op: "authenticate", token: "not-the-right-one" }, "unauthorized"], [{ op: "authenticate", token: "" }, "unauthorized"]]) {
        const client = await Client.connect(t, server);
        client.send(message);
        client.send({ op: "subscribe", id: 9, topic: "totals" });
        const end = await within(client.closed, "the close");
        assert.deepEqual([client.errors[0]?.code, end.code], [code, 4401], JSON.stringify(message));
        assert.equal(client.byStream.size, 0);
    }
    const silent = await Client.connect(t, server);
    const { ms } = await timed(() => within(silent.closed, "the close"));
    assert.equal(silent.end.code, 4401);
    assert.ok(ms > 4000, `${ms}`);
    await right.close();
    neverSaid(server);
    await server.stop();
});

test("the scope interfaces shows no connections and no addresses", async (t) => {
    const server = await startGuarded(t);
    const get = (target) => server.get(`/api/v1/${target}`, { headers: bearer(WALL) });
    const shown = (await get("interfaces")).json;
    assert.ok(shown.count > 0);
    const whole = (await server.get("/api/v1/interfaces", { headers: bearer(ALL) })).json;
    assert.ok(Object.values(whole.data).some((row) => row.addresses && row.mac_address));
    const snapshot = (await get("snapshot")).json;
    assert.deepEqual(Object.keys(snapshot.data).sort(), ["interfaces", "server", "totals"]);
    const client = await Client.connect(t, server, { options: { headers: bearer(WALL) } });
    const interfaces = await client.subscribe("interfaces");
    const events = await client.subscribe("events");
    const one = (await get(`interfaces/${Object.keys(shown.data)[0]}`)).json;
    for (const rows of [shown.data, snapshot.data.interfaces, interfaces.state, { one: one.data }]) {
        for (const row of Object.values(rows)) {
            assert.ok(row.name);
            assert.equal(row.addresses ?? row.mac_address, undefined, JSON.stringify(row));
        }
    }
    for (const event of Object.values({ ...events.state, ...(await get("events")).json.data })) {
        assert.doesNotMatch(JSON.stringify(event), /address|listener|connection/);
    }
    for (const target of ["connections", "owners", "snapshot?topics=interfaces,connections", "events?event=address_added", "interfaces?sort=mac_address",
        "interfaces?fields=name,addresses", "history?topic=owners", "history?owner=user:0", "interfaces?address=10.0.0.0/8"]) {
        const { status, json } = await get(target);
        assert.deepEqual([status, json?.type], [403, "/problems/forbidden"], target);
    }
    assert.equal((await client.provoke({ op: "subscribe", id: 90, topic: "connections" })).code, "forbidden");
    assert.equal((await client.provoke({ op: "subscribe", id: 91, topic: "owners" })).code, "forbidden");
    assert.equal((await client.provoke({ op: "subscribe", id: 92, topic: "interfaces", filter: { address: "10.0.0.1" } })).id, 92);
    assert.equal((await client.provoke({ op: "subscribe", id: 93, topic: "owners", history_s: 60 })).code, "forbidden");
    assert.deepEqual(Object.keys((await get("history")).json.series).sort(), Object.keys(shown.data).sort());
    assert.ok(await client.isServed());
    await client.close();
    await server.stop();
});

test("SIGHUP reads the file again: new tokens count, withdrawn ones close, a bad file changes nothing", async (t) => {
    const server = await startGuarded(t);
    const connect = (token) => Client.connect(t, server, { options: { headers: bearer(token) } });
    const [kept, withdrawn] = [await connect(ALL), await connect(WALL)];
    await kept.subscribe("totals");
    await withdrawn.subscribe("totals");
    writeFileSync(server.tokenFile, "short\n");
    server.process.kill("SIGHUP");
    await until(() => /tokens:1: the token has 5 characters; .*stays as it was/.test(server.output), () => `the complaint: ${server.output}`);
    assert.ok(await withdrawn.isServed());
    writeFileSync(server.tokenFile, `${ALL}\nanother-token-entirely\n`);
    server.process.kill("SIGHUP");
    assert.equal((await within(withdrawn.closed, "the close")).code, 4401);
    assert.ok(await kept.isServed());
    assert.equal((await server.get("/api/v1/health", { headers: bearer("another-token-entirely") })).status, 200);
    assert.equal((await server.get("/api/v1/health", { headers: bearer(WALL) })).status, 401);
    await kept.close();
    await server.stop();
});

test("SIGHUP puts tokens on, never off", async (t) => {
    const config = temporaryFile(t, "x.json", '{"log_level":"info"}');
    const server = await launchServer(t, ["--listen", "127.0.0.1:0", "--config", config], IFPULSE_FAKE).listens();
    const status = async () => (await server.get("/api/v1/health")).status;
    const reload = (settings, said) => {
        writeFileSync(config, JSON.stringify(settings));
        server.process.kill("SIGHUP");
        return until(() => said.test(server.output), () => `${said}: ${server.output}`);
    };
    const before = await Client.connect(t, server);
    assert.equal(await status(), 200);
    await reload({ token_file: tokenFile(t) }, /taken over: .*token_file/);
    assert.equal(await status(), 401);
    assert.equal((await within(before.closed, "the close")).code, 4401);
    await reload({}, /token_file: what is new there needs a restart/);
    assert.equal(await status(), 401);
    await server.stop();
});

test("a token file that is not right is named with its line, and no token is", (t) => {
    const check = (text, mode = 0o600) => {
        const file = tokenFile(t, text);
        chmodSync(file, mode);
        const { status, stderr } = runOnce(["serve", "--listen", "127.0.0.1:0", "--token-file", file]);
        assert.equal(status, 2, stderr);
        assert.doesNotMatch(stderr, /secret/);
        return stderr;
    };
    assert.match(check("# x\nsecret-word\n"), /tokens:2: the token has 11 characters; from 16/);
    assert.match(check("secret-secret-secret everything\n"), /tokens:1: .*"all" or "interfaces"/);
    assert.match(check("secret-secret-secret all secret\n"), /tokens:1: .*a line holds/);
    assert.match(check("secret-secret-secret\nsecret-secret-secret all\n"), /tokens:2: .*already/);
    assert.match(check("secret-sécret-secret\n"), /tokens:1: .*ASCII/);
    assert.match(check("secret-secret-secret\0\n"), /NUL/);
    assert.match(check("# nothing\n"), /no token/);
    assert.match(check("secret-secret-secret\n", 0o640), /mode is 0640.*0600 is right/);
    assert.match(runOnce(["--token-file", "/nowhere/at/all"]).stderr, /\/nowhere\/at\/all: No such file/);
    assert.match(runOnce(["--token-file", "/dev/null"]).stderr, /not a file/);
    const open = runOnce(["--listen", "0.0.0.0:0"]);
    assert.equal(open.status, 2);
    assert.match(open.stderr, /token_file.*anonymous/);
});
