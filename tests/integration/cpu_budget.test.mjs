// The budget: what the program may take of a core. Far over it connections are read more seldom, then
// no more listed, and it says so; when nobody watches them any more, all is as configured again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, WebSocket } from "../support/client.mjs";
import { IFPULSE_FAKE, launchServer, temporaryFile } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const CROWD = 100_000;
const INTERVAL_MS = 200;
const LONGEST_MS = 16 * INTERVAL_MS;
const LONG_MS = 120_000; // a step down takes two windows of at least 5 s, a step back one

async function startFake(t, { budget, sockets }) {
    const file = temporaryFile(t, "ifpulse.json", JSON.stringify({ interval_ms: INTERVAL_MS, cpu_budget_percent: budget }));
    const args = [`IFPULSE_FAKE_CONNECTIONS=${sockets}`, IFPULSE_FAKE, "--listen", "127.0.0.1:0", "--config", file];
    return launchServer(t, args, "env").listens();
}

// Watches connections and looks only at how many there are: to merge so many is not for a test.
function countConnections(t, server) {
    const socket = new WebSocket(`ws://${server.host}:${server.port}/api/v1/stream`, "ifpulse.v1", { perMessageDeflate: false });
    const counter = { count: undefined, socket };
    socket.on("open", () => socket.send('{"op":"subscribe","id":1,"topic":"connections"}'));
    socket.on("message", (data) => {
        const [, count] = /^[^{]*\{[^{]*"count":(\d+)/.exec(data.toString("latin1", 0, 300)) ?? [];
        counter.count = count === undefined ? counter.count : Number(count);
    });
    t.after(() => socket.terminate());
    return counter;
}

const sentences = (events) => Object.values(events.state).filter((e) => e.event === "over_budget").map((e) => e.message);

test("far over the budget connections are read more seldom, then not listed; it says so, and comes back by itself", async (t) => {
    const server = await startFake(t, { budget: 0.1, sockets: CROWD });
    const client = await Client.connect(t, server);
    const self = await client.subscribe("server");
    const events = await client.subscribe("events");
    const interfaces = await client.subscribe("interfaces");
    assert.equal(self.state.collection, "full");
    assert.equal(self.state.connections_interval_ms, INTERVAL_MS);
    assert.equal(self.state.cpu_budget_percent, 0.1);
    const steps = [`full ${INTERVAL_MS}`];
    self.onState = ({ state }) => {
        const step = `${state.collection} ${state.connections_interval_ms}`;
        if (step !== steps.at(-1)) {
            steps.push(step);
        }
    };
    const watcher = countConnections(t, server);
    await until(() => watcher.count > CROWD / 2, "the connections");

    await until(() => self.state.collection === "owners", () => `owners only; so far ${steps} at ${self.state.cpu_percent} %`, LONG_MS);
    assert.deepEqual(steps, [`full ${INTERVAL_MS}`, `slower ${LONGEST_MS}`, `owners ${LONGEST_MS}`]);
    await until(() => watcher.count === 0, "the rows to go");
    const { json } = await server.get("/api/v1/connections");
    assert.deepEqual([json.count, json.data], [0, {}]);
    const owners = Object.values((await server.get("/api/v1/owners")).json.data);
    const owned = owners.reduce((sum, owner) => sum + owner.connections, 0);
    assert.ok(owned > CROWD / 2, `${owned} connections are still added up by owner`);
    const totals = (await server.get("/api/v1/totals")).json.data;
    assert.ok(totals.connections > CROWD / 2, `${totals.connections} connections are still counted`);
    assert.ok(self.state.sockets > CROWD / 2, `${self.state.sockets} sockets are still read`);
    assert.match(sentences(events)[0], /over its budget of 0\.1 %: its [\d,]+ connections are now read every 3\.2 s\.$/);
    assert.match(sentences(events)[1], /only added up by owner, every 3\.2 s, and not listed\.$/);
    const seen = interfaces.received;
    await until(() => interfaces.received >= seen + 5, "interfaces to come as ever");

    watcher.socket.terminate();
    await until(() => self.state.collection === "full", () => `the way back; so far ${steps}`, LONG_MS);
    const back = [3200, 1600, 800, 400].map((ms) => `slower ${ms}`);
    assert.deepEqual(steps.slice(3), [...back, `full ${INTERVAL_MS}`]);
    assert.equal(sentences(events).length, steps.length - 1, "a sentence for each step");
    assert.match(sentences(events).at(-1), /read every 200 ms, as configured\.$/);
    const again = countConnections(t, server);
    await until(() => again.count > CROWD / 2, "the rows again");
    again.socket.terminate();
    await client.close();
    await server.stop();
});

test("a budget that is large enough, or none, changes nothing", async (t) => {
    await Promise.all([[100, 200], [0, 20_000]].map(async ([budget, sockets]) => {
        const server = await startFake(t, { budget, sockets });
        const client = await Client.connect(t, server);
        const self = await client.subscribe("server");
        const events = await client.subscribe("events");
        const watcher = countConnections(t, server);
        await until(() => watcher.count > sockets / 2, "the connections");
        const ticks = self.received;
        await until(() => self.received >= ticks + 60, "twelve seconds of ticks", LONG_MS);
        assert.deepEqual([self.state.collection, self.state.connections_interval_ms], ["full", INTERVAL_MS]);
        assert.deepEqual(sentences(events), []);
        assert.equal(self.state.cpu_budget_percent, budget);
        await client.close();
        await server.stop();
    }));
});
