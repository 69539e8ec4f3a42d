// The server as built for macOS, whole: its object code runs here with this Linux's libwebsockets, and
// real clients talk to it.

import assert from "node:assert/strict";
import { copyFileSync, renameSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { Client } from "../support/client.mjs";
import { startServer, temporaryFile } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { IFPULSE_MACOS, MACHRUN, kernelOf } from "./mac.mjs";

const TCP = "sysctl.net.inet.tcp.pcblist_n";
const WEB = fileURLToPath(new URL("../../web", import.meta.url));

function startMac(t, kernel) {
    const program = temporaryFile(t, "ifpulse", `#!/bin/sh\nexec "${MACHRUN}" "${IFPULSE_MACOS}" "$@"\n`, 0o700);
    return startServer(t, { program, args: ["--web", WEB], env: { IFPULSE_KERNEL_SCRIPT: kernel } });
}

test("REST, metrics and the page", async (t) => {
    const server = await startMac(t, kernelOf(t, "macbook"));
    await until(async () => (await server.get("/api/v1/interfaces/en0")).json.data.bytes_received === 30279303935, "the second reading");
    const { status, text } = await server.get("/index.html");
    assert.equal(status, 200);
    assert.match(text, /<title>/);
    assert.match((await server.get("/metrics")).text, /^ifpulse_interface_info\{interface="en0",type="wifi",kind="ether"\} 1$/m);
    assert.equal((await server.get("/api/v1/server")).json.data.os, "macOS 15.6");
    await server.stop();
});

test("the stream: connections that end", async (t) => {
    const [kernel, later] = [kernelOf(t, "macbook"), kernelOf(t, "closing")];
    const server = await startMac(t, kernel);
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events", { filter: { event: ["connection_closed"] } });
    const connections = await client.subscribe("connections");
    assert.equal(Object.keys(connections.state).length, 11);
    // From now on the kernel's table is the shorter one of the other.
    copyFileSync(path.join(later, `${TCP}@2`), path.join(kernel, "new"));
    renameSync(path.join(kernel, "new"), path.join(kernel, `${TCP}@2`));
    await until(() => Object.keys(connections.state).length === 6, "the connections that are left");
    const ended = () => Object.values(events.state).map(({ local_port: port }) => port).sort();
    await until(() => ended().length === 4, () => `four ends: ${ended()}`);
    assert.deepEqual(ended(), [50124, 50125, 50127, 50129]);
    await client.close();
    await server.stop();
});

test("the stream: what the event socket tells", async (t) => {
    const server = await startMac(t, kernelOf(t, "events"));
    const client = await Client.connect(t, server);
    const [interfaces, events] = [await client.subscribe("interfaces"), await client.subscribe("events")];
    await until(() => "en8" in interfaces.state && !("en1" in interfaces.state), "the new interface in place of the other");
    assert.equal(interfaces.state.en0.is_active, false);
    const told = () => Object.values(events.state).map(({ event, interface: name }) => `${event} ${name}`);
    await until(() => told().includes("link_down en0") && told().includes("interface_added en8"), () => told().join(", "));
    await client.close();
    await server.stop();
});
