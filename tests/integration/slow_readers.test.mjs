// Clients that read slowly or not at all: they skip revisions, nothing is queued for them, and the
// others never wait.

import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { usage } from "../support/network.mjs";
import { canonical } from "../support/merge.mjs";
import { IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const handshake = (server) => `GET /api/v1/stream HTTP/1.1\r\nHost: ${server.host}:${server.port}\r\nUpgrade: websocket\r\n`
    + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    + "Sec-WebSocket-Protocol: ifpulse.v1\r\n\r\n";

// A text frame as a client sends it, masked with zeros.
function masked(text) {
    const bytes = Buffer.from(text);
    const head = bytes.length < 126 ? [0x81, 0x80 | bytes.length] : [0x81, 0xfe, bytes.length >> 8, bytes.length & 255];
    return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), bytes]);
}

// So few connections that it is the client that is slow, also where the machine is.
test("a slow reader skips revisions, loses nothing and costs the server no memory", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 50, env: { IFPULSE_FAKE_CONNECTIONS: "500" } });
    const prompt = await Client.connect(t, server);
    const watched = await prompt.subscribe("connections");
    const slow = await Client.connect(t, server);
    const connections = await slow.subscribe("connections");
    await until(() => watched.received > 10, "a few ticks");
    const before = usage(server.pid).rss_bytes;
    let most = 0;
    for (let round = 0; round < 3; round += 1) {
        slow.stall();
        const [from, seen] = [watched.received, connections.received];
        for (let i = 0; i < 40; i += 1) {
            await pause(100);
            most = Math.max(most, usage(server.pid).rss_bytes - before);
        }
        const [theirs, ours] = [watched.received - from, connections.received - seen];
        slow.resume();
        const target = watched.revision;
        await until(() => connections.revision >= target, "the slow reader to catch up");
        const caughtUp = connections.received - seen;
        assert.ok(caughtUp < theirs, `${caughtUp} messages for the slow reader, ${theirs} for the other (${ours} while stalled)`);
    }
    t.diagnostic(`the server grew by ${most} bytes at most while a client stood still`);
    assert.ok(most < 8 * 1024 * 1024, `the server grew by ${most} bytes while a client stood still`);
    await until(async () => {
        const { json } = await server.get("/api/v1/connections");
        await until(() => connections.revision >= json.revision, "the revision");
        return connections.revision === json.revision && canonical(connections.state) === canonical(json.data);
    }, "the slow reader's state to be REST's");
    await slow.close(); // no violation: each delta was since the revision it had
    await prompt.close();
    await server.stop();
});

test("one that takes nothing is closed after half a minute, while the others go on", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 100 });
    const other = await Client.connect(t, server);
    const totals = await other.subscribe("totals");
    const about = await other.subscribe("server");
    const socket = net.connect(server.port, server.host);
    socket.on("error", () => {});
    t.after(() => socket.destroy());
    socket.write(handshake(server));
    socket.write(masked('{"op":"subscribe","id":1,"topic":"connections"}'));
    await until(() => about.state.clients === 2, "two clients");
    socket.pause(); // and never reads again
    const start = performance.now();
    let [last, longest] = [performance.now(), 0];
    totals.onState = () => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
    };
    await until(() => about.state.clients === 1, "the server to let it go", 90_000);
    const seconds = (performance.now() - start) / 1000;
    t.diagnostic(`closed after ${seconds.toFixed(1)} s; the other's longest silence ${Math.round(longest)} ms`);
    assert.ok(seconds >= 20, `closed after ${seconds} s: too soon`);
    assert.ok(seconds <= 60, `closed after ${seconds} s: too late`);
    assert.ok(longest < 8000, `the other client heard nothing for ${longest} ms`);
    await other.close();
    await server.stop();
});
