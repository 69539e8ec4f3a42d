// REST: the same documents as the stream's, its headers, and its refusals.

import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";

import { canonical, merge } from "../support/merge.mjs";
import { addLink, run } from "../support/network.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const GETS = ["/api/v1/snapshot", "/api/v1/interfaces", "/api/v1/interfaces/lo", "/api/v1/connections", "/api/v1/totals",
    "/api/v1/events", "/api/v1/server", "/api/v1/health"];

function assertEnvelope(json, target) {
    assert.match(json.instance, /^\S+$/, target);
    assert.ok(Number.isInteger(json.revision) && json.revision > 0, target);
    assert.match(json.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, target);
}

function assertProblem(answer, status, word) {
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers["content-type"], /^application\/problem\+json/);
    assert.equal(answer.json.type, `/problems/${word}`);
    assert.equal(answer.json.status, status);
    assert.equal(typeof answer.json.title, "string");
}

test("each topic is one document with instance, revision, time and, for collections, count", async (t) => {
    addLink("lan");
    run("ip addr add 10.5.0.1/24 dev lan");
    run("ip link set lan up");
    const server = await startServer(t);
    for (const topic of ["interfaces", "connections", "owners", "events"]) {
        const { status, json } = await server.get(`/api/v1/${topic}`);
        assert.equal(status, 200);
        assertEnvelope(json, topic);
        assert.equal(json.count, Object.keys(json.data).length, topic);
    }
    for (const topic of ["totals", "server"]) {
        const { status, json } = await server.get(`/api/v1/${topic}`);
        assert.equal(status, 200);
        assertEnvelope(json, topic);
        assert.ok(!("count" in json), topic);
    }
    const { json } = await server.get("/api/v1/interfaces");
    const { lan, lo } = json.data;
    assert.deepEqual([lan.name, lan.type, lan.kind, lan.is_up, lan.is_loopback, lan.mtu], ["lan", "virtual", "veth", true, false, 1500]);
    assert.ok(lan.addresses.includes("10.5.0.1/24"));
    assert.match(lan.mac_address, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    assert.deepEqual([lo.type, lo.is_loopback, lo.counted, lo.mtu], ["loopback", true, false, 65536]);
    assert.deepEqual(lo.addresses.slice().sort(), ["127.0.0.1/8", "::1/128"]);
    assert.ok(!("signal_strength" in lan) && !("ssid" in lan), "what is not known is absent");
    const one = await server.get("/api/v1/interfaces/lan");
    assertEnvelope(one.json, "one");
    assert.equal(one.json.data.name, "lan");
    await server.stop();
});

test("a snapshot holds the topics asked, by default all but events, with a count for each collection", async (t) => {
    const server = await startServer(t);
    const all = (await server.get("/api/v1/snapshot")).json;
    assertEnvelope(all, "snapshot");
    assert.deepEqual(Object.keys(all.data).sort(), ["connections", "interfaces", "owners", "server", "totals"]);
    assert.deepEqual(Object.keys(all.count).sort(), ["connections", "interfaces", "owners"]);
    assert.equal(all.count.interfaces, Object.keys(all.data.interfaces).length);
    const some = (await server.get("/api/v1/snapshot?topics=events,totals")).json;
    assert.deepEqual(Object.keys(some.data).sort(), ["events", "totals"]);
    assert.equal(some.data.totals.download_speed !== undefined || some.data.totals.bytes_received !== undefined, true);
    const health = await server.get("/api/v1/health");
    assert.equal(health.status, 200);
    await server.stop();
});

test("If-None-Match with the ETag is 304 without a body as long as nothing changed; HEAD is GET without a body", async (t) => {
    const server = await startServer(t, { intervalMs: 60_000 });
    for (const target of ["/api/v1/interfaces", "/api/v1/snapshot?topics=interfaces,totals"]) {
        await until(async () => { // the system may still be giving a new link its addresses
            const first = await server.get(target);
            const ask = (tag) => server.get(target, { headers: { "if-none-match": tag } });
            const [same, listed, other] = [await ask(first.headers.etag), await ask(`"x", ${first.headers.etag}`), await ask('"other"')];
            const head = await server.get(target, { method: "HEAD" });
            if (head.headers.etag !== first.headers.etag) {
                return false;
            }
            assert.equal(first.headers.etag, `"${first.json.instance}-${first.json.revision}"`);
            assert.equal(first.headers["cache-control"], "no-store");
            assert.equal(same.status, 304, target);
            assert.equal(same.bytes.length, 0);
            assert.equal(same.headers.etag, first.headers.etag);
            assert.equal(listed.status, 304, "in a list");
            assert.equal(other.status, 200);
            assert.equal(head.status, 200);
            assert.equal(head.bytes.length, 0);
            assert.equal(Number(head.headers["content-length"]), first.bytes.length);
            return true;
        }, "a moment in which nothing changes");
    }
    const { etag } = (await server.get("/api/v1/interfaces")).headers;
    addLink("lan2");
    await until(async () => (await server.get("/api/v1/interfaces", { headers: { "if-none-match": etag } })).status === 200,
        "200 once something changed");
    await server.stop();
});

test("since gives the patch from there, and the whole where that is not kept", async (t) => {
    addLink("old");
    const server = await startServer(t);
    const first = (await server.get("/api/v1/interfaces")).json;
    run("ip link del old");
    addLink("fresh");
    let patch;
    await until(async () => {
        patch = (await server.get(`/api/v1/interfaces?since=${first.revision}&instance=${first.instance}`)).json;
        return patch.patch?.fresh && patch.patch.old === null;
    }, () => `the patch: ${JSON.stringify(patch)}`);
    assert.equal(patch.since, first.revision);
    assert.ok(!("data" in patch));
    const state = merge(first.data, patch.patch);
    assert.equal(patch.count, Object.keys(state).length);
    const at = (await server.get(`/api/v1/interfaces?since=${patch.revision}&instance=${first.instance}`)).json;
    const now = (await server.get("/api/v1/interfaces")).json;
    if (at.revision === now.revision) {
        assert.equal(canonical(merge(state, at.patch)), canonical(now.data));
    }
    for (const query of [`since=${first.revision}&instance=deadbeef`, `since=${first.revision + 1e9}&instance=${first.instance}`]) {
        const { json, status } = await server.get(`/api/v1/interfaces?${query}`);
        assert.equal(status, 200, query);
        assert.ok(json.data.fresh && !("patch" in json), query);
    }
    const several = (await server.get(`/api/v1/snapshot?topics=interfaces,totals&since=${first.revision}&instance=${first.instance}`)).json;
    assert.ok(several.patch.interfaces.fresh);
    assert.equal(several.patch.interfaces.old, null);
    await server.stop();
});

test("what is not known is a problem that names it", async (t) => {
    const server = await startServer(t);
    const bad = async (target, word) => {
        const answer = await server.get(target);
        assertProblem(answer, 400, "bad-request");
        assert.ok(answer.text.includes(word), `${target}: ${answer.text} names ${word}`);
    };
    await bad("/api/v1/interfaces?colour=red", "colour");
    await bad("/api/v1/health?colour=red", "colour");
    await bad("/api/v1/snapshot?topics=interfaces,weather", "weather");
    await bad("/api/v1/interfaces?since=yesterday", "since");
    await bad("/api/v1/interfaces?since=-1", "since");
    for (const target of ["/api/v1/interfaces/nope0", "/api/v1/nothing", "/api/v2/interfaces", "/api/v1/interfaces/lo/more"]) {
        const answer = await server.get(target);
        assertProblem(answer, 404, "not-found");
    }
    assert.ok((await server.get("/api/v1/interfaces/nope0")).text.includes("nope0"));
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const answer = await server.get("/api/v1/interfaces", { method });
        assert.equal(answer.status, 405, method);
        assert.match(answer.headers.allow, /GET/);
        assert.match(answer.headers.allow, /HEAD/);
        assert.equal(answer.json.type, "/problems/method-not-allowed");
    }
    const posted = await server.get("/api/v1/interfaces", { method: "POST", body: "x".repeat(100_000) }).catch(() => undefined);
    assert.ok(posted === undefined || posted.status === 405 || posted.status === 413, "a body is not taken");
    assert.equal((await server.get("/api/v1/health")).status, 200);
    await server.stop();
});

test("an interface whose name needs escaping in a URL is found by it", async (t) => {
    addLink("wörld#1?");
    const server = await startServer(t);
    const { json, status } = await server.get(`/api/v1/interfaces/${encodeURIComponent("wörld#1?")}`);
    assert.equal(status, 200);
    assert.equal(json.data.name, "wörld#1?");
    await server.stop();
});

test("every answer carries the security headers", async (t) => {
    const server = await startServer(t);
    for (const target of ["/", ...GETS, "/api/v1/interfaces/nope0", "/no/such/file"]) {
        const { headers } = await server.get(target);
        assert.match(headers["content-security-policy"] ?? "", /default-src/, target);
        assert.doesNotMatch(headers["content-security-policy"], /unsafe|\*/, target);
        assert.match(headers["content-security-policy"], /connect-src 'self'/, target);
        assert.equal(headers["x-content-type-options"], "nosniff", target);
        assert.match(headers["referrer-policy"] ?? "", /no-referrer|same-origin/, target);
        assert.ok(/frame-ancestors/.test(headers["content-security-policy"]) || headers["x-frame-options"], target);
    }
    await server.stop();
});

test("gzip is given when asked, and is the same document", async (t) => {
    for (let i = 0; i < 20; i += 1) {
        run(`ip link add many${i} type bridge`);
    }
    const server = await startServer(t, { intervalMs: 60_000 });
    const plain = await server.get("/api/v1/interfaces");
    const packed = await server.get("/api/v1/interfaces", { headers: { "accept-encoding": "gzip" } });
    assert.equal(plain.headers["content-encoding"], undefined);
    if (packed.headers["content-encoding"] === undefined) {
        t.skip("not offered");
    } else {
        assert.equal(packed.headers["content-encoding"], "gzip");
        assert.match(packed.headers.vary ?? "", /accept-encoding/i);
        assert.ok(packed.bytes.length < plain.bytes.length / 2);
        const unpacked = JSON.parse(zlib.gunzipSync(packed.bytes));
        assert.deepEqual(Object.keys(unpacked.data), Object.keys(plain.json.data));
    }
    await server.stop();
});

test("connections that nobody watches are read when asked for", async (t) => {
    const server = await startServer(t, { intervalMs: 60_000 });
    const { json } = await server.get("/api/v1/connections");
    const own = Object.values(json.data).find((c) => c.state === "listen" && c.local_port === server.port);
    assert.ok(own, "the server's own listener is in it");
    assert.equal(own.pid, server.pid);
    assert.equal(own.connection_type, "tcp");
    assert.ok(!("remote_port" in own));
    await server.stop();
});
