// The stream's rules, one by one: subscribing, what is refused and how, and what a refusal costs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, WebSocket } from "../support/client.mjs";
import { canonical } from "../support/merge.mjs";
import { addLink, run } from "../support/network.mjs";
import { IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { pause, until, within } from "../support/wait.mjs";

test("hello names the protocol, the instance, the version, the tick and the limits", async (t) => {
    const server = await startServer(t, { intervalMs: 200 });
    const client = await Client.connect(t, server);
    const { op, protocol, instance, version, interval_ms, limits } = client.hello;
    assert.deepEqual({ op, protocol, interval_ms }, { op: "hello", protocol: "ifpulse.v1", interval_ms: 200 });
    assert.match(instance, /^\S{4,32}$/);
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.equal(typeof limits, "object");
    const { json } = await server.get("/api/v1/server");
    assert.equal(json.instance, instance);
    assert.equal(json.data.version, version);
    assert.equal(client.socket.protocol, "ifpulse.v1");
    await client.close();
    await server.stop();
});

// What is wrong, the code that says so, a word of the message that names the culprit.
const REFUSALS = [
    ["{", "bad_json", /./],
    ["nonsense", "bad_json", /./],
    ["[]", "bad_message", /object/i],
    ['"subscribe"', "bad_message", /./],
    ["{}", "bad_message", /op/],
    [{ op: 7 }, "bad_message", /op/],
    [{ op: "dance" }, "unknown_op", /dance/],
    [{ op: "subscribe", id: 900, topic: "weather" }, "unknown_topic", /weather/],
    [{ op: "subscribe", id: 901, topic: 5 }, "unknown_topic", /topic/],
    [{ op: "subscribe", id: "x", topic: "totals" }, "bad_id", /id/],
    [{ op: "subscribe", id: -1, topic: "totals" }, "bad_id", /id/],
    [{ op: "subscribe", id: 1.5, topic: "totals" }, "bad_id", /id/],
    [{ op: "subscribe", topic: "totals" }, "bad_id", /id/],
    [{ op: "subscribe", id: 1, topic: "totals" }, "id_in_use", /1/],
    [{ op: "subscribe", id: 902, topic: "interfaces" }, "already_subscribed", /interfaces|1/],
    [{ op: "subscribe", id: 902, topic: "interfaces", interval_ms: 5000 }, "already_subscribed", /interfaces|1/],
    [{ op: "unsubscribe", id: 77 }, "unknown_subscription", /77/],
    [{ op: "unsubscribe" }, "bad_id", /id/],
    [{ op: "subscribe", id: 903, topic: "totals", interval_ms: 1 }, "bad_interval", /interval_ms|50/],
    [{ op: "subscribe", id: 903, topic: "totals", interval_ms: 3_600_001 }, "bad_interval", /interval_ms|3600000|1 h/],
    [{ op: "subscribe", id: 903, topic: "totals", interval_ms: "1000" }, "bad_interval", /interval_ms/],
    [{ op: "subscribe", id: 904, topic: "totals", since: 5 }, "bad_since", /since/],
    [{ op: "subscribe", id: 904, topic: "totals", since: { instance: "a" } }, "bad_since", /revision|since/],
    [{ op: "subscribe", id: 904, topic: "totals", since: { instance: "a", revision: -1 } }, "bad_since", /revision|since/],
];

test("each wrong message is answered with its code and a message that names the culprit, and nothing else happens", async (t) => {
    const server = await startServer(t, { intervalMs: 100, config: { limits: { message_burst: 1000, messages_per_s: 1000 } } });
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces");
    for (const [message, code, names] of REFUSALS) {
        const error = await client.provoke(message);
        const said = JSON.stringify(message);
        assert.equal(error.op, "error");
        assert.equal(error.code, code, `${said}: ${JSON.stringify(error)}`);
        assert.match(error.message, names, said);
        if (Number.isInteger(message.id) && message.id >= 0) {
            assert.equal(error.id, message.id, said);
        }
        assert.ok(await client.isServed(), `${said}: the connection goes on`); // and a good message resets the count
    }
    addLink("witness");
    await interfaces.reaches((state) => state.witness, "the stream to go on undisturbed");
    const { json } = await server.get("/api/v1/interfaces");
    assert.deepEqual(Object.keys(json.data).sort(), Object.keys(interfaces.state).sort());
    await client.close();
    await server.stop();
});

test("what the server does not have is refused by name, and leaves no subscription behind", async (t) => {
    const server = await startServer(t);
    const client = await Client.connect(t, server);
    const WISHES = [
        [{ filter: { no_such_field: ["tcp"] } }, "bad_filter"],
        [{ filter: 5 }, "bad_filter"],
        [{ filter: {}, topic: "server" }, "bad_filter"],
        [{ filter: { event: ["no_such_field"] }, topic: "events" }, "bad_filter"],
        [{ filter: { event: [] }, topic: "events" }, "bad_filter"],
        [{ filter: { event: [5] }, topic: "events" }, "bad_filter"],
        [{ fields: ["no_such_field"] }, "bad_field"],
        [{ sort: "no_such_field" }, "bad_sort"],
        [{ limit: -5 }, "bad_limit"],
    ];
    let id = 10;
    for (const [wish, code] of WISHES) {
        id += 1;
        const error = await client.provoke({ op: "subscribe", id, topic: "connections", ...wish });
        assert.equal(error.code, code, JSON.stringify(wish));
        assert.equal(error.id, id);
        assert.match(error.message, new RegExp(Object.keys(wish)[0] === "fields" ? "field" : `${Object.keys(wish)[0]}|no_such_field|event`));
    }
    assert.ok(await client.isServed());
    await client.close();
    await server.stop();
});

test("three messages in a row that are not understood end in 4400; a good one between resets the count", async (t) => {
    const server = await startServer(t);
    const client = await Client.connect(t, server);
    await client.provoke("?");
    await client.provoke("?");
    assert.ok(await client.isServed());
    await client.provoke("{");
    await client.provoke({ op: "dance" });
    client.send("[]");
    const end = await within(client.closed, "the close");
    assert.equal(end.code, 4400);
    assert.equal(client.errors.length, 5);
    assert.ok(client.errors.every((error) => typeof error.message === "string"));
    await server.stop();
});

test("a message over 16 KiB is 1009; one just under it, and one in fragments, is understood", async (t) => {
    const server = await startServer(t);
    const client = await Client.connect(t, server);
    client.send(`{"op":"ping",${" ".repeat(16_384 - 50)}"data":"long"}`);
    await until(() => client.pongs.length === 1 || client.errors.length || client.end, "an answer to the long message");
    assert.deepEqual(client.pongs.map((pong) => pong.data), ["long"], JSON.stringify(client.errors));
    const text = JSON.stringify({ op: "ping", data: "in pieces" });
    for (let i = 0; i < text.length; i += 1) {
        client.socket.send(text[i], { fin: i === text.length - 1 });
    }
    await until(() => client.pongs.some((pong) => pong.data === "in pieces"), "the pong of the fragments");

    client.send(`{"op":"ping","data":"${"x".repeat(17_000)}"}`);
    assert.equal((await within(client.closed, "the close")).code, 1009);
    const other = await Client.connect(t, server);
    other.socket.send("y".repeat(10_000), { fin: false });
    other.socket.send("y".repeat(10_000), { fin: true });
    assert.equal((await within(other.closed, "the close of the fragments")).code, 1009);
    await server.stop();
});

test("pings of both levels come back as they were sent", async (t) => {
    const server = await startServer(t);
    const client = await Client.connect(t, server);
    for (const data of ["", "plain", 'with "quotes" and \\ and \u0001 and \u{1f310}']) {
        client.send({ op: "ping", data });
        await until(() => client.pongs.at(-1)?.data === data, "the pong");
    }
    client.send({ op: "ping" });
    await until(() => client.pongs.length === 4, "the pong of a ping without data");
    const payload = Buffer.from([0, 1, 2, 255]);
    const pong = new Promise((done) => client.socket.once("pong", done));
    client.socket.ping(payload);
    assert.deepEqual(await within(pong, "the WebSocket pong"), payload);
    await client.close();
    await server.stop();
});

test("unsubscribe is answered with complete; nothing more comes, and the id and the topic are free again", async (t) => {
    const server = await startServer(t, { intervalMs: 50 });
    const client = await Client.connect(t, server);
    const first = await client.subscribe("server");
    const rest = await client.subscribe("totals");
    client.send({ op: "unsubscribe", id: first.request.id });
    await until(() => first.isComplete, "complete");
    const received = first.received;
    const before = rest.received;
    addLink("x1");
    await until(async () => rest.received >= before && await client.isServed(), "the connection to go on");
    await pause(300);
    assert.equal(first.received, received);
    client.send({ op: "subscribe", id: first.request.id, topic: "server" });
    await until(() => first.received > received, "the topic again under the same id");
    await client.close(); // a message for what is not subscribed would be a violation
    await server.stop();
});

test("who asks the same gets the same stream number and the very same bytes; what is another topic gets another", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 200 });
    const clients = [];
    for (let i = 0; i < 3; i += 1) {
        const client = await Client.connect(t, server);
        client.texts = new Map(); // "stream since-revision-part" -> bytes
        client.onText = (bytes, message) => {
            if (message.op === "delta") {
                client.texts.set(`${message.stream} ${message.since}-${message.revision}-${message.part ?? 1}`, bytes.toString());
            }
        };
        clients.push(client);
    }
    const subscriptions = await Promise.all(clients.map((client, i) => client.subscribe("connections", i ? { interval_ms: 200 } : {})));
    assert.equal(new Set(subscriptions.map((s) => s.stream)).size, 1);
    const totals = await clients[0].subscribe("totals");
    assert.notEqual(totals.stream, subscriptions[0].stream);
    assert.equal(subscriptions[0].subscribed.topic, "connections");
    const common = () => [...clients[0].texts.keys()].filter((key) => clients.every((c) => c.texts.has(key)));
    await until(() => common().length >= 8, "deltas that all three got");
    for (const key of common()) {
        assert.equal(new Set(clients.map((c) => c.texts.get(key))).size, 1, key);
    }
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
});

test("interval_ms is rounded up to whole ticks, said in subscribed, and kept", async (t) => {
    const server = await startServer(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const cases = [["server", 50, 100], ["totals", 100, 100], ["events", 101, 200], ["connections", 350, 400], ["interfaces", 3_600_000, 3_600_000]];
    for (const [topic, asked, given] of cases) {
        const subscription = await client.subscribe(topic, { interval_ms: asked });
        assert.equal(subscription.subscribed.interval_ms, given, `${asked} asked`);
    }
    const other = await Client.connect(t, server);
    const seldom = await other.subscribe("server", { interval_ms: 1000 });
    const often = [...client.byStream.values()].find((s) => s.topic === "server");
    const start = [seldom.received, often.received];
    await until(() => seldom.received >= start[0] + 4, "four messages at 1 s");
    const [few, many] = [seldom.received - start[0], often.received - start[1]];
    assert.ok(many > few, `${many} messages at 100 ms beside ${few} at 1 s`);
    assert.equal((await client.provoke({ op: "subscribe", id: 50, topic: "totals", interval_ms: 0 })).code, "bad_interval");
    await client.close();
    await other.close();
    await server.stop();
});

test("on a quiet topic an empty delta comes every five seconds or so", async (t) => {
    const server = await startServer(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("events");
    const times = [];
    interfaces.onState = (_, message) => times.push({ at: performance.now(), message });
    const start = performance.now();
    await until(() => times.length >= 3, "three heartbeats");
    let last = start;
    for (const { at, message } of times) {
        assert.equal(message.op, "delta");
        assert.deepEqual(message.patch, {});
        assert.ok(message.revision >= message.since);
        assert.ok(at - last < 8000 && at - last > 3500, `${Math.round(at - last)} ms of silence`);
        last = at;
    }
    await client.close();
    await server.stop();
});

test("since: the same instance and a revision still kept give a delta; anything else gives a snapshot", async (t) => {
    const server = await startServer(t, { intervalMs: 100 });
    const first = await Client.connect(t, server);
    const before = await first.subscribe("interfaces");
    addLink("gone0");
    await before.reaches((state) => state.gone0, "gone0");
    await first.close();
    run("ip link del gone0");
    addLink("new0");
    const witness = await Client.connect(t, server);
    const now = await witness.subscribe("interfaces");
    await now.reaches((state) => state.new0 && !state.gone0, "new0");

    const back = await Client.connect(t, server);
    const resumed = await back.subscribe("interfaces", { from: before });
    assert.deepEqual([resumed.snapshots, resumed.deltas > 0], [0, true]);
    assert.ok(resumed.state.new0 && !resumed.state.gone0);
    assert.equal(back.hello.instance, first.hello.instance);

    const { instance } = back.hello;
    const strangers = [{ instance: "deadbeef", revision: before.revision }, { instance, revision: before.revision + 1_000_000_000 }];
    for (const since of strangers) {
        const other = await Client.connect(t, server);
        const subscription = await other.subscribe("interfaces", { since });
        assert.ok(subscription.snapshots === 1, `since ${JSON.stringify(since)} gives a snapshot`);
        assert.ok(subscription.state.new0);
        await other.close();
    }
    const { json } = await server.get("/api/v1/interfaces");
    assert.deepEqual(Object.keys(resumed.state).sort(), Object.keys(json.data).sort());
    assert.equal(canonical(resumed.state.new0.addresses), canonical(json.data.new0.addresses));
    await back.close();
    await witness.close();
    await server.stop();
});

test("two thousand connections come in parts of at most 64 KiB that make the whole, and so do their deltas", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 500 });
    const client = await Client.connect(t, server);
    const seen = { snapshotParts: 0, longest: 0 };
    client.onText = (bytes, message) => {
        seen.longest = Math.max(seen.longest, bytes.length);
        seen.snapshotParts = Math.max(seen.snapshotParts, message.op === "snapshot" ? message.parts ?? 1 : 0);
    };
    const connections = await client.subscribe("connections");
    assert.ok(connections.parts >= 2, `${connections.parts} parts`);
    assert.ok(Object.keys(connections.state).length >= 1500, `${Object.keys(connections.state).length} connections`);
    assert.ok(seen.snapshotParts >= 2 && seen.longest <= 65536 && seen.longest > 20_000, JSON.stringify(seen));
    await until(() => connections.deltas + connections.snapshots >= 6, "a few deltas");
    // The same state by REST, at the same revision.
    await until(async () => {
        const { json } = await server.get("/api/v1/connections");
        await until(() => connections.revision >= json.revision, "the revision");
        return connections.revision === json.revision && canonical(connections.state) === canonical(json.data);
    }, "REST and the stream to be equal at one revision");
    await client.close();
    await server.stop();
});

test("an upgrade without the subprotocol, or with another, is HTTP 400", async (t) => {
    const server = await startServer(t);
    for (const subprotocol of [undefined, "ifpulse.v2", "chat"]) {
        const socket = new WebSocket(`ws://${server.host}:${server.port}/api/v1/stream`, subprotocol ? [subprotocol] : []);
        const status = await within(new Promise((done, fail) => {
            socket.on("unexpected-response", (_, answer) => done(answer.statusCode));
            socket.on("open", () => fail(new Error(`${subprotocol} was let in`)));
            socket.on("error", fail);
        }), "the refusal");
        assert.equal(status, 400);
        socket.on("error", () => {});
        socket.terminate();
    }
    const both = await Client.connect(t, server, { subprotocol: ["chat", "ifpulse.v1"] });
    assert.equal(both.socket.protocol, "ifpulse.v1");
    await both.close();
    await server.stop();
});
