// SIGHUP: what can change at run time changes, what cannot is named, and what is wrong changes nothing.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { IFPULSE_FAKE, certificate, launchServer, runOnce, temporaryFile } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const BASE = { listen: "127.0.0.1:0", cpu_budget_percent: 0 };

// A server on a file that reload(settings) or reload(text) writes anew; answers with what the log
// says of it.
async function startReloadable(t, settings = {}) {
    const file = temporaryFile(t, "ifpulse.json", JSON.stringify({ ...BASE, ...settings }));
    const server = await launchServer(t, ["--config", file], IFPULSE_FAKE).listens();
    const hangup = async () => {
        const before = server.output.length;
        server.process.kill("SIGHUP");
        await until(() => /(read again.*|stays as it was)\n/.test(server.output.slice(before)), () => `the word of it: ${server.output}`);
        // A second answer proves that the first was all said.
        await server.get("/api/v1/health");
        return server.output.slice(before);
    };
    const reload = (next) => {
        writeFileSync(file, typeof next === "string" ? next : JSON.stringify({ ...BASE, ...next }));
        return hangup();
    };
    return { server, reload, hangup, file };
}

const statusFor = async (server, headers) => (await server.get("/api/v1/health", { headers, setHost: !headers.host })).status;

test("allowed hosts and origins are others at once, and the old ones are gone", async (t) => {
    const { server, reload } = await startReloadable(t, { allowed_hosts: ["old.example"], allowed_origins: ["https://old.example"] });
    assert.equal(await statusFor(server, { host: "old.example" }), 200);
    for (let i = 0; i < 3; i += 1) {
        const name = `new${i}.example`;
        const log = await reload({ allowed_hosts: [name], allowed_origins: [`https://${name}`] });
        assert.match(log, /taken over: allowed_hosts, allowed_origins$/m);
        assert.equal(await statusFor(server, { host: name, origin: `https://${name}` }), 200);
        assert.equal(await statusFor(server, { host: "old.example" }), 403);
        assert.equal(await statusFor(server, { host: name, origin: "https://old.example" }), 403);
    }
    await server.stop();
});

test("limits are others at once, for clients that are there too", async (t) => {
    const { server, reload } = await startReloadable(t);
    const client = await Client.connect(t, server);
    await client.subscribe("totals");
    assert.match(await reload({ limits: { subscriptions: 1 } }), /taken over: limits\.subscriptions$/m);
    assert.equal((await client.provoke({ op: "subscribe", id: 9, topic: "events" })).code, "too_many_subscriptions");
    assert.match(await reload({ limits: { clients_per_address: 1 } }), /taken over: limits\.clients_per_address, limits\.subscriptions$/m);
    const one = await Client.connect(t, server);
    assert.ok(await one.isServed());
    await server.stop();
});

test("the page is read again, with --config and without", async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "ifpulse-page-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const page = path.join(folder, "index.html");
    writeFileSync(page, "one");
    const server = await launchServer(t, ["--listen", "127.0.0.1:0", "--web", folder], IFPULSE_FAKE).listens();
    assert.equal((await server.get("/")).text, "one");
    writeFileSync(page, "two");
    writeFileSync(path.join(folder, "more.js"), "more");
    server.process.kill("SIGHUP");
    await until(async () => (await server.get("/")).text === "two", "the page to be the new one");
    assert.equal((await server.get("/more.js")).text, "more");
    unlinkSync(page);
    server.process.kill("SIGHUP");
    await until(() => /no page \(index\.html\) in .*stays as it was/.test(server.output), () => server.output);
    assert.equal((await server.get("/")).text, "two");
    await server.stop();
});

test("a wrong file is named with its line and changes nothing, and the next right one does", async (t) => {
    const { server, reload, file } = await startReloadable(t, { allowed_hosts: ["a.example"] });
    const wrong = [
        ['{\n  "allowed_hosts": ["b.example"],\n  "lisen": 1\n}', /:3: lisen: there is no such key/],
        ['{\n  "allowed_hosts": ["b.example"]\n  "x": 1\n}', /:3: not JSON/],
        ['{\n  "allowed_hosts": ["b.example"],\n  "listen": "0.0.0.0:8750"\n}', /:3: listen: .*token/],
    ];
    for (const [text, word] of wrong) {
        const log = await reload(text);
        assert.match(log, word);
        assert.ok(log.includes(file) && /error: .*everything stays as it was/.test(log), log);
        assert.equal(await statusFor(server, { host: "a.example" }), 200);
        assert.equal(await statusFor(server, { host: "b.example" }), 403);
    }
    unlinkSync(file);
    server.process.kill("SIGHUP");
    await until(() => /No such file.*stays as it was/.test(server.output), () => server.output);
    assert.match(await reload({ allowed_hosts: ["b.example"] }), /taken over: allowed_hosts/);
    assert.equal(await statusFor(server, { host: "b.example" }), 200);
    await server.stop();
});

test("options of the command line win over the file that is read again", async (t) => {
    const file = temporaryFile(t, "ifpulse.json", '{ "log_level": "error" }');
    const server = await launchServer(t, ["--log-level", "info", "serve", "--config", file, "--listen", "127.0.0.1:0"], IFPULSE_FAKE).listens();
    server.process.kill("SIGHUP");
    await until(() => /read again; nothing to take over/.test(server.output), () => server.output);
    await server.stop();
});

// Another value than the default for each key there is. A new key fails here until someone says what
// SIGHUP does with it.
const OTHERS = {
    listen: "127.0.0.1:1", interval_ms: 2000, connections_interval_ms: 3000, cpu_budget_percent: 7, namespaces: true,
    allowed_hosts: ["x.example"], allowed_origins: ["https://x.example"], anonymous: true, log_level: "info",
    limits: { clients: 7, clients_per_address: 7, requests_per_s: 7000, request_burst: 7000, subscriptions: 7, message_bytes: 7, messages_per_s: 7, message_burst: 7 },
    history: { tombstone_s: 7, tombstones: 7, events: 7, fine_s: 7, coarse_s: 7, bytes: 7 },
};

function keysOf(t, section) {
    const file = temporaryFile(t, "nonsense.json", JSON.stringify(section ? { [section]: { nonsense: 1 } } : { nonsense: 1 }));
    const keys = runOnce(["check-config", file]).stderr.trim().replace(/.*there are: /, "").split(", ");
    return section ? keys.map((key) => `${section}.${key}`) : keys;
}

test("of every key that is another, the log says what became of it", async (t) => {
    const { server, reload } = await startReloadable(t);
    const others = { ...OTHERS, web: path.dirname(temporaryFile(t, "index.html", "another")) };
    const log = await reload(others);
    const named = [.../taken over: (.*)\n/.exec(log)[1].split(", "), .../warning: (.*): what is new there needs a restart/.exec(log)[1].split(", ")];
    const { file: certified, key } = certificate(t);
    const guard = { token_file: temporaryFile(t, "tokens", "a-token-of-some-length\n"), tls_certificate: certified, tls_key: key };
    const known = [...keysOf(t), ...keysOf(t, "limits"), ...keysOf(t, "history")]
        .filter((name) => !["limits", "history", ...Object.keys(guard)].includes(name));
    assert.deepEqual(named.sort(), known.sort());
    assert.equal((await server.get("/api/v1/server")).json.data.interval_ms, 1000);
    assert.match(await reload(others), /nothing to take over\n.*listen.*needs a restart/s);
    const { anonymous, listen, ...rest } = others; // anonymous goes with no token file
    assert.match(await reload({ ...rest, ...guard }), /taken over: .*token_file.*\n.*warning: .*tls_certificate, tls_key.*: what is new there needs a restart/);
    await server.stop();
});

test("a hundred signals at once, while it is asked, do no harm", async (t) => {
    const { server } = await startReloadable(t);
    const client = await Client.connect(t, server);
    const live = await client.subscribe("connections");
    for (let i = 0; i < 100; i += 1) {
        server.process.kill("SIGHUP");
        assert.equal((await server.get(i % 2 ? "/" : "/manifest.webmanifest")).status, 200);
    }
    const { received } = live;
    await until(() => live.received > received, "the stream to go on");
    await client.close();
    await server.stop();
});
