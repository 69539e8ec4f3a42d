// A line that died without a word is found out by pings: one every 20 s, and two without an answer
// end the connection.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { startServer } from "../support/server.mjs";
import { within } from "../support/wait.mjs";

test("who answers no pings is closed after two; who answers them stays", async (t) => {
    const server = await startServer(t);
    const answering = await Client.connect(t, server);
    const totals = await answering.subscribe("totals");
    const mute = await Client.connect(t, server, { options: { autoPong: false } });
    await mute.subscribe("totals"); // it reads all it gets, it only does not answer
    const pings = [];
    const start = performance.now();
    mute.socket.on("ping", () => pings.push((performance.now() - start) / 1000));
    let answered = 0;
    answering.socket.on("ping", () => { answered += 1; });
    await within(mute.closed, "the mute one to be closed", 120_000);
    const seconds = (performance.now() - start) / 1000;
    t.diagnostic(`pings after ${pings.map((s) => s.toFixed(1)).join(", ")} s, closed after ${seconds.toFixed(1)} s with ${mute.end.code}`);
    assert.equal(pings.length, 2);
    assert.ok(pings[1] - pings[0] > 15 && pings[1] - pings[0] < 30, `pings ${pings.join(", ")}`);
    assert.ok(seconds > 35 && seconds < 90, `closed after ${seconds} s`);
    assert.ok(mute.end.code === 1006 || mute.end.code === 1001 || Math.floor(mute.end.code / 100) === 45,
        `a close that lets it come back: ${mute.end.code}`);
    assert.ok(answered >= 2);
    const before = totals.received;
    await totals.reaches(() => totals.received > before, "the answering client's next message");
    await answering.close();
    await server.stop();
});
