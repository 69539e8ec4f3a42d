// A lens: who watches interfaces may have them read more often than the configured tick, for as long
// as it watches; for nobody else does anything change.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { addLink, run } from "../support/network.mjs";
import { startServer } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const SELDOM_MS = 3_600_000; // no tick in the time of a test

const revisionOf = async (server) => (await server.get("/api/v1/health")).json.revision;

// Every reading makes a revision: none for a while, and nothing is read.
async function assertRests(server, what) {
    let before = await revisionOf(server);
    await until(async () => {
        await pause(300);
        const now = await revisionOf(server);
        const isSame = now === before;
        before = now;
        return isSame;
    }, `the readings to end after ${what}`, 5000);
}

test("through a lens interfaces come 20 times a second; everything else stays at its own tick", async (t) => {
    const server = await startServer(t, { intervalMs: 1000 });
    const client = await Client.connect(t, server);
    const other = await Client.connect(t, server);
    const ticks = await other.subscribe("server"); // differs at every tick, if only in what it cost
    const slow = await other.subscribe("interfaces", { interval_ms: 1000 });
    const rest = [slow];
    for (const topic of ["totals", "connections"]) {
        rest.push(await other.subscribe(topic, { interval_ms: 50 }));
    }
    rest.forEach((each) => assert.equal(each.subscribed.interval_ms, 1000, each.topic));
    const lens = await client.subscribe("interfaces", { interval_ms: 50 });
    assert.equal(lens.subscribed.interval_ms, 50);
    assert.equal(client.hello.interval_ms, 1000);

    const start = new Map([ticks, lens, ...rest].map((each) => [each, each.received]));
    const gained = (each) => each.received - start.get(each);
    await until(() => gained(lens) >= gained(ticks) + 60 && gained(ticks) >= 2, "60 looks more than ticks");
    for (const each of rest) {
        assert.ok(gained(each) <= gained(ticks) + 1, `${gained(each)} ${each.topic} in ${gained(ticks)} ticks`);
    }
    assert.ok(gained(slow) >= gained(ticks) - 1, `${gained(slow)} interfaces at 1 s in ${gained(ticks)} ticks`);
    const { json } = await server.get("/api/v1/server");
    assert.equal(json.data.interval_ms, 1000);
    await client.close();
    await other.close();
    await server.stop();
});

const ENDS = {
    "unsubscribe": async (client, lens) => {
        client.send({ op: "unsubscribe", id: lens.request.id });
        await until(() => lens.isComplete, "complete");
    },
    "a close": (client) => client.close(),
    "a client that is gone without a word": (client) => client.socket.terminate(),
};

for (const [what, end] of Object.entries(ENDS)) {
    test(`the lens ends at once with ${what}`, async (t) => {
        const server = await startServer(t, { intervalMs: SELDOM_MS });
        const client = await Client.connect(t, server);
        const lens = await client.subscribe("interfaces", { interval_ms: 50 });
        const before = await revisionOf(server);
        await until(async () => await revisionOf(server) >= before + 10, "ten looks");
        await end(client, lens);
        await assertRests(server, what);
        await server.stop();
    });
}

test("of several lenses each gets its own, and the last one keeps it open", async (t) => {
    const server = await startServer(t, { intervalMs: SELDOM_MS });
    const clients = [];
    const lenses = [];
    for (const [asked, given] of [[51, 100], [150, 150], [999, 1000], [3_599_999, SELDOM_MS]]) {
        const client = await Client.connect(t, server);
        const lens = await client.subscribe("interfaces", { interval_ms: asked });
        assert.equal(lens.subscribed.interval_ms, given, `${asked} asked`);
        clients.push(client);
        lenses.push(lens);
    }
    const [first, second, third, none] = lenses;
    const start = lenses.map((each) => each.received);
    await until(() => third.received >= start[2] + 2, "two of the slowest");
    const gained = lenses.map((each, i) => each.received - start[i]);
    assert.ok(gained[0] + 1 >= gained[1] && gained[1] >= gained[2], `${gained}`);
    assert.equal(gained[3], 0, "and who asked for none gets nothing more");
    assert.equal(new Set(lenses.map((each) => each.stream)).size, 1, "all are one query");
    for (const each of [first, second]) {
        await clients[lenses.indexOf(each)].close();
    }
    const left = third.received;
    await until(() => third.received >= left + 2, "the last lens to go on");
    await clients[2].close();
    await assertRests(server, "the last one");
    assert.equal(none.received, start[3]);
    await clients[3].close();
    await server.stop();
});

// A reading takes in what the kernel has announced: with so many of them it must be told as if there
// were none.
test("under a lens, changes still come at once to who asked for one message an hour", async (t) => {
    const server = await startServer(t, { intervalMs: SELDOM_MS });
    const client = await Client.connect(t, server);
    const slow = await Client.connect(t, server);
    await client.subscribe("interfaces", { interval_ms: 50 });
    const interfaces = await slow.subscribe("interfaces");
    const events = await slow.subscribe("events");
    for (let i = 0; i < 40; i += 1) {
        addLink(`lens${i}`);
        await interfaces.reaches((state) => state[`lens${i}`], `lens${i}`);
        await events.reaches((state) => Object.values(state).some((e) => e.event === "interface_added" && e.interface === `lens${i}`), `the event of lens${i}`);
        run(`ip link del lens${i}`);
    }
    await interfaces.reaches((state) => !Object.keys(state).some((name) => name.startsWith("lens")), "all of them to go");
    await client.close();
    await slow.close();
    await server.stop();
});

test("a lens below 50 ms is refused", async (t) => {
    const server = await startServer(t, { intervalMs: 1000 });
    const client = await Client.connect(t, server);
    const error = await client.provoke({ op: "subscribe", id: 1, topic: "interfaces", interval_ms: 49 });
    assert.equal(error.code, "bad_interval");
    assert.match(error.message, /50/);
    await client.close();
    await server.stop();
});
