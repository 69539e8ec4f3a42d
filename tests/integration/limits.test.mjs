// What a client may use up: what breaks a limit gets an error that says so, then a close; nobody
// else notices.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { startServer } from "../support/server.mjs";
import { until, within } from "../support/wait.mjs";

async function brokenBy(client, code, close) {
    const end = await within(client.closed, "the close");
    assert.equal(client.errors.at(-1)?.code, code, JSON.stringify(client.errors.at(-1)));
    assert.equal(end.code, close);
}

test("too many messages are too_fast and 4429, and another client goes on", async (t) => {
    const server = await startServer(t, { config: { limits: { message_burst: 20, messages_per_s: 5 } } });
    const other = await Client.connect(t, server);
    const totals = await other.subscribe("totals");
    const client = await Client.connect(t, server);
    for (let i = 0; i < 20; i += 1) {
        client.send({ op: "ping", data: String(i) });
    }
    await until(() => client.pongs.length === 20 || client.end, "a burst's worth of pongs");
    assert.equal(client.pongs.length, 20, JSON.stringify(client.errors));
    for (let i = 0; i < 50; i += 1) {
        client.send({ op: "ping" });
    }
    await brokenBy(client, "too_fast", 4429);
    const before = totals.received;
    await until(() => totals.received > before, "the other client's next message");
    await other.close();
    await server.stop();
});

test("one subscription more than allowed is too_many_subscriptions and 4429", async (t) => {
    const server = await startServer(t, { config: { limits: { subscriptions: 2 } } });
    const client = await Client.connect(t, server);
    const first = await client.subscribe("totals");
    await client.subscribe("server");
    client.send({ op: "unsubscribe", id: first.request.id });
    await until(() => first.isComplete, "complete");
    await client.subscribe("events"); // the place was free again
    client.request("interfaces");
    await brokenBy(client, "too_many_subscriptions", 4429);
    await server.stop();
});

test("the client that is one too many from its address gets too_many_clients and 4429, until a place is free", async (t) => {
    const server = await startServer(t, { config: { limits: { clients_per_address: 2 } } });
    const first = await Client.connect(t, server);
    await Client.connect(t, server);
    const third = new Client(t, server);
    await brokenBy(third, "too_many_clients", 4429);
    await first.close();
    await until(async () => {
        const again = new Client(t, server);
        await until(() => again.hello || again.end, "an answer");
        return again.hello && again.isServed();
    }, "the free place");
    await server.stop();
});

test("a full server says 4503 to the next client and still answers REST", async (t) => {
    const server = await startServer(t, { config: { limits: { clients: 2 } } });
    await Client.connect(t, server);
    await Client.connect(t, server);
    const third = new Client(t, server);
    assert.equal((await within(third.closed, "the close")).code, 4503);
    assert.equal((await server.get("/api/v1/health")).status, 200);
    await server.stop();
});
