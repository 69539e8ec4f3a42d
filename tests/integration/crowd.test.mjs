// A thousand clients, and one among two hundred that stands still. The clients are programs in C, so
// that what is measured is the server. They say nothing of a sanitizer build, and are not asked of one.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { usage } from "../support/network.mjs";
import { IFPULSE, IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const CROWD = { clients: 2000, clients_per_address: 2000 };
const program = (name) => path.join(path.dirname(IFPULSE), name);

function launch(t, name, args) {
    const child = spawn(program(name), args.map(String), { stdio: ["ignore", "pipe", "inherit"] });
    child.text = "";
    child.stdout.on("data", (text) => { child.text += text; });
    t.after(() => child.kill("SIGKILL"));
    return child;
}

// What a crowd of clients got in that time.
async function gather(t, port, clients, seconds, topics) {
    const crowd = launch(t, "ws_clients", ["127.0.0.1", port, clients, seconds, ...topics]);
    await until(() => /\{.*\}/.test(crowd.text) || crowd.exitCode > 0, () => `the crowd: ${crowd.text}`, 30_000 + seconds * 1000);
    return JSON.parse(/\{.*\}/.exec(crowd.text)[0]);
}

// 25 ms at the 99th percentile, from the tick to the client. Where a loop of bare send() to as many
// clients takes longer than a quarter of that, the machine is busy with something else: then that loop
// is the measure.
test("a thousand clients have each tick within 25 ms, for a minute", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 1000, config: { limits: CROWD } });
    const bare = launch(t, "bare_send", [1000, 1200, 1000]);
    await until(() => /port (\d+)/.test(bare.text), "the bare loop");
    const least = await gather(t, /port (\d+)/.exec(bare.text)[1], 1000, 4, ["x"]);
    bare.kill("SIGKILL");
    const got = await gather(t, server.port, 1000, 60, ["interfaces"]);
    t.diagnostic(`p50 ${got.p50_ms}, p99 ${got.p99_ms}, most ${got.max_ms} ms; bare loop ${least.p50_ms}, ${least.p99_ms}, ${least.max_ms}; ${got.messages} messages`);
    assert.ok(got.messages >= 58_000, `${got.messages} messages`);
    const limit = Math.max(25, 4 * least.p99_ms);
    assert.ok(got.p99_ms <= limit, `p99 is ${got.p99_ms} ms, over ${limit}`);
    await server.stop();
});

test("one that stands still among two hundred costs the server no memory and the others no time", async (t) => {
    // So few connections that the one message which is under way to it is less than the bound.
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 100, config: { limits: CROWD }, env: { IFPULSE_FAKE_CONNECTIONS: "300" } });
    const seconds = 6;
    // The most memory while the others read on, twice: without the one that stands still, and with it.
    const watchMemory = async (until) => {
        let most = 0;
        for (let isOver = false; !isOver;) {
            isOver = await Promise.race([until.then(() => true), pause(50).then(() => false)]);
            most = Math.max(most, usage(server.pid).rss_bytes);
        }
        return most;
    };
    const still = await Client.connect(t, server);
    const connections = await still.subscribe("connections");
    await gather(t, server.port, 199, 4, ["interfaces"]); // so that it has what memory it needs
    let run = gather(t, server.port, 199, seconds, ["interfaces"]);
    const before = await watchMemory(run);
    const prompt = await run;
    const seen = connections.received;
    still.stall();
    run = gather(t, server.port, 199, seconds, ["interfaces"]);
    const during = await watchMemory(run);
    const beside = await run;
    const meanwhile = connections.received - seen;
    t.diagnostic(`memory ${before} and ${during} bytes; p99 ${prompt.p99_ms} and ${beside.p99_ms} ms; it took ${meanwhile} messages while it stood`);
    assert.ok(during - before <= 128 * 1024, `it cost ${during - before} bytes`);
    assert.ok(beside.p99_ms <= Math.max(25, 2 * prompt.p99_ms), `p99 of the others went from ${prompt.p99_ms} to ${beside.p99_ms} ms`);
    still.resume();
    await until(() => connections.received > seen + meanwhile + 5, "it to go on");
    await still.close();
    await server.stop();
});
