// Every code that the protocol closes with is seen by the client it is meant for, also right after a
// long snapshot went out: a close written while output is buffered is lost in libwebsockets 4.1.

import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFileSync } from "node:fs";

import { Client } from "../support/client.mjs";
import { IFPULSE_FAKE, startServer, temporaryFile } from "../support/server.mjs";
import { pause, until, within } from "../support/wait.mjs";

const TOKEN = "a-token-for-the-test";
process.env.IFPULSE_FAKE_CONNECTIONS = "20000"; // some 6 MB of snapshot
const start = (t, config = {}) => startServer(t, { program: IFPULSE_FAKE, config });
const closes = async (client, code) => assert.equal((await within(client.closed, `${code}`)).code, code);

// A client that has a long snapshot under way: half of them have read it all, half nothing of it.
async function amid(t, server, { reads, options }) {
    const client = await Client.connect(t, server, { options });
    client.request("connections");
    if (reads) {
        await until(() => client.byId.get(1).received > 0, "the snapshot");
    } else {
        await until(() => client.byId.get(1).parts > 0, "the first part");
        client.stall();
        await pause(300);
    }
    return client;
}

for (const reads of [true, false]) {
    const when = reads ? "after" : "amid";
    const finish = (client) => setTimeout(() => client.resume(), 300);

    test(`4400, 4429 and 1009 ${when} a long snapshot`, async (t) => {
        const server = await start(t, { limits: { subscriptions: 1, message_burst: 10, messages_per_s: 1 } });
        const provoke = {
            4400: (client) => ["{", "{", "{"].forEach((text) => client.send(text)),
            4429: (client) => Array.from({ length: 20 }, () => client.send({ op: "ping" })),
            1009: (client) => client.send(`{"op":"ping","data":"${"x".repeat(100_000)}"}`),
        };
        for (const code of Object.keys(provoke)) {
            const client = await amid(t, server, { reads });
            provoke[code](client);
            finish(client);
            await closes(client, Number(code));
        }
        const many = await amid(t, server, { reads });
        many.request("totals");
        finish(many);
        await closes(many, 4429);
        await server.stop();
    });

    test(`4401 ${when} a long snapshot, where the token is withdrawn`, async (t) => {
        const file = temporaryFile(t, "tokens", `${TOKEN}\n`);
        const server = await start(t, { token_file: file });
        const client = await amid(t, server, { reads, options: { headers: { authorization: `Bearer ${TOKEN}` } } });
        writeFileSync(file, "quite-another-token\n");
        server.process.kill("SIGHUP");
        finish(client);
        await closes(client, 4401);
        await server.stop();
    });

    test(`1001 ${when} a long snapshot, on SIGTERM`, async (t) => {
        const server = await start(t);
        const client = await amid(t, server, { reads });
        const stopped = server.stop();
        finish(client);
        await closes(client, 1001);
        await stopped;
    });
}

test("4408 is there for one that took nothing for half a minute and then reads on; 4508 for one that answers no ping", async (t) => {
    const server = await start(t);
    const slow = await amid(t, server, { reads: false });
    const deaf = await Client.connect(t, server, { options: { autoPong: false } });
    const about = await Client.connect(t, server);
    const watched = await about.subscribe("server");
    await until(() => watched.state.clients === 3, "all three to be counted");
    await until(() => watched.state.clients === 2, () => `the slow one to be let go: ${watched.state.clients}`, 100_000);
    slow.resume();
    await closes(slow, 4408);
    await within(deaf.closed, "4508", 100_000);
    assert.equal(deaf.end.code, 4508);
    await server.stop();
});

test("4503 and 4429 for those that come when it is full", async (t) => {
    const full = await start(t, { limits: { clients: 1 } });
    await amid(t, full, { reads: true });
    await closes(new Client(t, full), 4503);
    await full.stop();
    const crowded = await start(t, { limits: { clients_per_address: 1 } });
    await amid(t, crowded, { reads: true });
    await closes(new Client(t, crowded), 4429);
    await crowded.stop();
});
