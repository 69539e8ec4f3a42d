// A client in another language, on another library: the protocol is what the specification says, not
// what one implementation happens to take.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { start } from "../support/network.mjs";
import { startChurn } from "../support/churn.mjs";
import { IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { within } from "../support/wait.mjs";

// Debian's own python3: another one in PATH need not have the package.
const PYTHON = "/usr/bin/python3";
const hasPackage = spawnSync(PYTHON, ["-c", "import websockets"]).status === 0;
const script = new URL("python_client.py", import.meta.url).pathname;

async function follow(t, server) {
    const child = start(t, [PYTHON, script, `${server.host}:${server.port}`]);
    const { code } = await within(child.ended, "the Python client", 90_000);
    assert.equal(code, 0, child.output);
    assert.match(child.output, /^\d{3,} comparisons, none different$/m);
    t.diagnostic(child.output.trim());
}

test("a client in Python agrees with REST to the letter, on real churn", { skip: !hasPackage && "no python3-websockets" }, async (t) => {
    const server = await startServer(t, { intervalMs: 100 });
    startChurn(t);
    await follow(t, server);
});

test("a client in Python agrees with REST to the letter, on two thousand connections", { skip: !hasPackage && "no python3-websockets" }, async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 300 });
    await follow(t, server);
    await server.stop();
});
