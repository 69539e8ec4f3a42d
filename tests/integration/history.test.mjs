// What the rates were, on the stream and over REST, of real traffic whose time and size the test
// knows.

import assert from "node:assert/strict";
import dgram from "node:dgram";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { Client } from "../support/client.mjs";
import { addLink, addNamespace, addWire, kernelCounters, run } from "../support/network.mjs";
import { startServer } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const RATES = ["download_speed", "upload_speed", "packet_receive_rate", "packet_send_rate",
    "receive_error_rate", "send_error_rate", "drop_rate"];
// A tick that comes late on a busy machine is spread over the ticks it took.
const SLACK_MS = 1500;
// Bursts last many ticks: a tick that is late by half a step counts as one step or as two, and only
// over many of them is that even.
const PACE_MS = 8;
const NEARLY = 0.1;

const sum = (values) => values.reduce((all, value) => all + value, 0);

// Times of the values of an array, in ms.
function timesOf({ step_ms, end }, values) {
    return values.map((_, i) => Date.parse(end) - (values.length - 1 - i) * step_ms);
}

function checkLengths(answer) {
    const lengths = new Set(Object.values(answer.series).flatMap((rates) => Object.values(rates).map((values) => values.length)));
    assert.ok(lengths.size <= 1, `arrays of different length: ${[...lengths]}`);
}

async function send(t, { remote, count }) {
    const socket = dgram.createSocket("udp4").on("error", () => {});
    t.after(() => socket.close());
    for (let i = 0; i < count; i += 1) {
        await new Promise((done) => socket.send(Buffer.alloc(1000), 9, remote, done));
        await pause(PACE_MS);
    }
}

async function historyOf(server, query) {
    const { status, json, text } = await server.get(`/api/v1/history?${query}`);
    assert.equal(status, 200, text);
    checkLengths(json);
    return json;
}

test("a burst is found at its time and in its size, whoever asks and however", async (t) => {
    addNamespace("far");
    const wire = addWire({ here: "lan0", namespace: "far" });
    await pause(500); // what the kernel says by itself when a link comes up
    const server = await startServer(t, { intervalMs: 100 });
    const lens = await Client.connect(t, server);
    await lens.subscribe("interfaces", { interval_ms: 50 });
    await until(async () => (await historyOf(server, "interface=lan0")).series.lan0.upload_speed.length > 12, "more than a second of ticks");
    const before = { ms: Date.now(), bytes: kernelCounters().lan0.bytes_sent };
    await send(t, { remote: wire.remote, count: 300 });
    const after = { ms: Date.now(), bytes: kernelCounters().lan0.bytes_sent };
    const told = (series) => sum(series.lan0.upload_speed) * 0.1;
    await until(async () => told((await historyOf(server, "interface=lan0&window_s=60")).series) > 250_000, "the burst to be history");
    await pause(1200);

    const answer = await historyOf(server, "interface=lan0&window_s=60");
    const { upload_speed } = answer.series.lan0;
    assert.equal(answer.step_ms, 100);
    assert.deepEqual(Object.keys(answer.series.lan0), RATES);
    const times = timesOf(answer, upload_speed);
    let bytes = 0;
    upload_speed.forEach((speed, i) => {
        if (times[i] > before.ms - SLACK_MS && times[i] < after.ms + SLACK_MS) {
            bytes += speed * 0.1;
        }
        assert.ok(speed < 20_000 || (times[i] > before.ms - SLACK_MS && times[i] < after.ms + SLACK_MS), `${speed} at ${times[i]}, the burst was from ${before.ms} to ${after.ms}`);
    });
    const grown = after.bytes - before.bytes;
    assert.ok(Math.abs(bytes - grown) < grown * NEARLY, `${bytes} of ${grown} bytes`);

    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces", { history_s: 60 });
    assert.ok(Math.abs(told(interfaces.past.series) - told(answer.series)) < grown * 0.03, "the stream tells it too");
    const coarser = await historyOf(server, "interface=lan0&window_s=60&step_s=1");
    assert.equal(coarser.step_ms, 1000);
    assert.ok(Math.abs(sum(coarser.series.lan0.upload_speed) - grown) < grown * NEARLY, "and so it is in steps of a second");
    assert.ok(Math.max(...coarser.series.lan0.upload_speed_max) >= Math.max(...coarser.series.lan0.upload_speed));
    const totals = await historyOf(server, "topic=totals&window_s=60");
    assert.ok(Math.abs(sum(totals.series.totals.upload_speed) * 0.1 - grown) < grown * NEARLY, "and in the totals, for lo does not count");
    await client.close();
    await lens.close();
    await server.stop();
});

test("history_s: once, before the state, of what the subscription shows, also deflated", async (t) => {
    addLink("one");
    addLink("two");
    const server = await startServer(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const ops = [];
    client.onText = (_, message) => ops.push(message.op);
    const interfaces = await client.subscribe("interfaces", { history_s: 3600 });
    assert.deepEqual(ops.slice(0, 3), ["subscribed", "history", "snapshot"]);
    assert.deepEqual(Object.keys(interfaces.past.series).sort(), Object.keys(interfaces.state).sort());
    await until(() => interfaces.deltas + interfaces.empties > 0, "a delta");
    assert.equal(ops.filter((op) => op === "history").length, 1);

    const chosen = await client.subscribe("interfaces",
        { history_s: 60, fields: ["name", "upload_speed"], filter: { name: "one" }, compress: "deflate" });
    assert.deepEqual(Object.keys(chosen.past.series), ["one"]);
    assert.deepEqual(Object.keys(chosen.past.series.one), ["upload_speed"]);
    const totals = await client.subscribe("totals", { history_s: 60 });
    assert.deepEqual(Object.keys(totals.past.series.totals), [...RATES, "unexplained_download_speed", "unexplained_upload_speed"]);
    const owners = await client.subscribe("owners", { history_s: 86400 });
    assert.equal(owners.past.step_ms, 10_000);
    await client.close();
    await server.stop();
});

test("history_s that cannot be is refused by name", async (t) => {
    const server = await startServer(t);
    const client = await Client.connect(t, server);
    for (const history_s of [0, -1, 86401, 1.5, "60", null, [60]]) {
        const error = await client.provoke({ op: "subscribe", id: 1, topic: "interfaces", history_s });
        assert.equal(error.code, "bad_message");
        assert.match(error.message, /"history_s".*1 to 86400/);
        assert.ok(await client.isServed());
    }
    for (const topic of ["connections", "events", "server"]) {
        const error = await client.provoke({ op: "subscribe", id: 1, topic, history_s: 60 });
        assert.match(error.message, /"history_s" goes with interfaces, owners and totals/);
        assert.ok(await client.isServed());
    }
    await server.stop();
});

test("what is gone is unknown from then on, and remembered", async (t) => {
    addLink("brief");
    const server = await startServer(t, { intervalMs: 100 });
    const values = async () => (await historyOf(server, "interface=brief&window_s=60")).series.brief.download_speed;
    await until(async () => (await values()).filter((value) => value !== null).length >= 3, "some ticks of it");
    run("ip link del brief");
    await until(async () => (await values()).slice(-5).every((value) => value === null) && (await values()).length > 8, "that it is gone");
    assert.ok((await values()).slice(0, 2).every((value) => value !== null), "the past stays");
    const { json } = await server.get("/api/v1/history?window_s=10");
    assert.ok(!("brief" in json.series), "of all interfaces it is none");
    await server.stop();
});

test("owners: what a process moved, while someone watched", async (t) => {
    const server = await startServer(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const owners = await client.subscribe("owners");
    const mine = () => Object.entries(owners.state).find(([, owner]) => owner.process_name === "node")?.[0];
    const timer = setInterval(() => server.get("/api/v1/interfaces").catch(() => {}), 20);
    await until(() => mine() && owners.state[mine()].download_speed > 0, "this process to be seen");
    await pause(1500);
    clearInterval(timer);
    const id = encodeURIComponent(mine());
    const answer = await historyOf(server, `owner=${id}&window_s=60`);
    const values = answer.series[mine()].download_speed;
    assert.deepEqual(Object.keys(answer.series[mine()]), ["download_speed", "upload_speed"]);
    assert.ok(values.filter((value) => value > 0).length > 3, `${values}`);
    const all = await historyOf(server, "topic=owners");
    assert.ok(mine() in all.series);
    await client.close();
    await server.stop();
});

test("REST: parameters, tags and gzip", async (t) => {
    const server = await startServer(t, { intervalMs: 1000 });
    for (const [query, words] of [["window_s=0", /"window_s" is "0".*1 to 86400/], ["window_s=86401", /"window_s"/], ["window_s=+5", /"window_s"/],
        ["step_s=1.5", /"step_s" is "1.5".*1 to 86400/], ["topic=events", /"topic" is "events".*interfaces, owners and totals/],
        ["topic=totals&interface=lo", /one of them/], ["nonsense=1", /topic, interface, owner, window_s, step_s/]]) {
        const { status, json } = await server.get(`/api/v1/history?${query}`);
        assert.equal(status, 400, query);
        assert.match(json.detail, words);
    }
    for (const query of ["interface=nowhere0", "owner=user:4000000"]) {
        const { status, json } = await server.get(`/api/v1/history?${query}`);
        assert.equal(status, 404, query);
        assert.match(json.detail, /There is no history of an? (interface|owner) "/);
    }
    const first = await server.get("/api/v1/history");
    assert.equal(first.headers.etag, `"${first.json.instance}-${first.json.revision}"`);
    assert.ok(Math.abs(Date.parse(first.json.end) - Date.parse(first.json.time)) < 1000 || first.json.revision > 1);
    const again = await server.get("/api/v1/history", { headers: { "if-none-match": first.headers.etag } });
    assert.ok(again.status === 304 || again.headers.etag !== first.headers.etag);
    await until(async () => (await server.get("/api/v1/history")).text.length > 1100, "a few ticks");
    const packed = await server.get("/api/v1/history", { headers: { "accept-encoding": "gzip" } });
    assert.equal(packed.headers["content-encoding"], "gzip");
    assert.ok(JSON.parse(gunzipSync(packed.bytes)).series.lo);
    await server.stop();
});

test("what is long comes in parts that are one whole", async (t) => {
    const names = Array.from({ length: 60 }, (_, i) => `link${i}`);
    names.forEach(addLink);
    const server = await startServer(t, { intervalMs: 50 });
    await until(async () => (await historyOf(server, "interface=link7")).series.link7.drop_rate.length > 120, "as many ticks");
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces", { history_s: 60 });
    checkLengths(interfaces.past);
    assert.ok(interfaces.past.parts > 1, "a message of many links is in parts");
    assert.equal(interfaces.past.part, interfaces.past.parts);
    for (const name of names) {
        assert.deepEqual(Object.keys(interfaces.past.series[name]), RATES);
    }
    await client.close();
    await server.stop();
});
