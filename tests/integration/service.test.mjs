// What a service manager is told, by the protocol of sd_notify(3), and what the journal gets. How
// systemd itself takes it is in tests/package.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Client } from "../support/client.mjs";
import { start } from "../support/network.mjs";
import { IFPULSE, launchServer, runOnce, temporaryFile } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const support = (name) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

// An ear, and a server that is told of it.
async function startHeard(t, name, { environment = [], args = [] } = {}) {
    const ear = start(t, ["/usr/bin/python3", support("notify_socket.py"), name]);
    const heard = () => ear.output.split("\n").filter(Boolean).map((line) => JSON.parse(line)).slice(1);
    await until(() => ear.output.includes("bound"), () => `the ear: ${ear.output}`);
    const server = launchServer(t, [`NOTIFY_SOCKET=${name}`, ...environment, IFPULSE, "--listen", "127.0.0.1:0", ...args], "env");
    await server.listens();
    await until(() => heard().some((text) => text.startsWith("STATUS=")), () => `the status: ${ear.output}`);
    const count = (pattern) => heard().filter((text) => pattern.test(text)).length;
    return { server, heard, count };
}

function socketPath(t) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "ifpulse-notify-"));
    t.after(() => rmSync(folder, { recursive: true }));
    return path.join(folder, "notify");
}

const KINDS = [["a path", socketPath], ["an abstract socket", () => `@ifpulse-test-${process.pid}`]];
for (const [kind, name] of KINDS) {
    test(`${kind}: ready once it answers, reloading, clients, and stopping are told in order`, async (t) => {
        const { server, heard, count } = await startHeard(t, name(t));
        assert.deepEqual(heard(), ["READY=1", `STATUS=Port ${server.port}, 0 clients`]);
        assert.equal((await server.get("/api/v1/totals")).status, 200);
        const client = await Client.connect(t, server);
        await until(() => count(/^STATUS=.*, 1 clients/), () => `the client in ${heard()}`);
        await client.close();
        await until(() => count(/^STATUS=.*, 0 clients/) === 2, () => `no client in ${heard()}`);
        server.process.kill("SIGHUP");
        await until(() => count(/^READY=1/) === 2, () => `ready again in ${heard()}`);
        const [reloading, ready] = heard().slice(4);
        const [, us] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(reloading);
        assert.ok(Math.abs(Number(us) / 1e6 - os.uptime()) < 60, `${us} is not the monotonic clock`);
        assert.equal(ready, "READY=1");
        await server.stop();
        assert.equal(count(/^STOPPING=1/), 1);
        assert.equal(count(/WATCHDOG/), 0, "nobody asked for it");
    });
}

test("the watchdog is fed at any interval of readings, and not for another process", async (t) => {
    const hour = ["--interval-ms", "3600000"];
    const { server, count } = await startHeard(t, "@ifpulse-test-hour", { environment: ["WATCHDOG_USEC=200000"], args: hour });
    await until(() => count(/^WATCHDOG=1/) >= 20, "20 signs of life");
    await server.stop();
    const other = await startHeard(t, "@ifpulse-test-other", { environment: ["WATCHDOG_USEC=200000", "WATCHDOG_PID=1"] });
    await pause(500);
    assert.equal(other.count(/WATCHDOG/), 0);
    await other.server.stop();
});

test("the watchdog starves while the collector is stuck, and is fed again after that", async (t) => {
    const { server, heard, count } = await startHeard(t, "@ifpulse-test-stuck",
        { environment: ["WATCHDOG_USEC=500000"], args: ["--interval-ms", "100"] });
    await until(() => count(/^WATCHDOG=1/) >= 3, "signs of life");
    const stopper = start(t, ["/usr/bin/python3", support("stop_threads.py"), String(server.pid)], { stdin: "pipe" });
    await until(() => stopper.output.includes("stopped") || stopper.exitCode !== null, "the threads to stop");
    assert.match(stopper.output, /^stopped/);
    await until(() => count(/^STATUS=.*not being read/), () => `the status of it in ${heard()}`);
    const before = count(/^WATCHDOG=1/);
    await pause(2000);
    assert.equal(count(/^WATCHDOG=1/), before);
    assert.equal((await server.get("/api/v1/health")).status < 600, true, "the event loop itself goes on");
    assert.match(server.output, /error: a reading of the network is late/);
    stopper.stdin.end();
    await stopper.ended;
    await until(() => count(/^WATCHDOG=1/) > before, "signs of life again");
    assert.match(server.output, /the network is being read again/);
    await server.stop();
});

test("a manager that is not there is said once, and serving goes on", async (t) => {
    const server = await launchServer(t, ["NOTIFY_SOCKET=/no/such/socket", "WATCHDOG_USEC=100000", IFPULSE, "--listen", "127.0.0.1:0"], "env").listens();
    await pause(500);
    assert.equal(server.output.match(/service manager cannot be told/g).length, 1, server.output);
    assert.equal((await server.get("/api/v1/health")).status, 200);
    await server.stop();
});

// The shell's stat has the same standard error as the server that takes its place.
const intoJournal = (words) => ["-c", `JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec ${words}`];

test("to the journal each line goes with its priority, elsewhere with the program's name", async (t) => {
    const file = temporaryFile(t, "ifpulse.json", '{ "listen": "127.0.0.1:0" }');
    const server = await launchServer(t, intoJournal(`${IFPULSE} --config ${file}`), "sh").listens();
    await server.stop();
    assert.match(server.output, /^<5>stopping; 0 clients are told$/m);
    const inJournal = runOnce(intoJournal(`${IFPULSE} --listen nonsense`), { program: "sh" });
    assert.match(inJournal.stderr, /^<3>--listen: "nonsense"/);
    const elsewhere = runOnce(["JOURNAL_STREAM=1:2", IFPULSE, "--listen", "nonsense"], { program: "env" });
    assert.match(elsewhere.stderr, /^ifpulse: --listen: "nonsense"/);
});
