// What the kernel announces reaches those who watch at once, whatever interval they asked for.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { canonical } from "../support/merge.mjs";
import { addLink, run } from "../support/network.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const inOrder = (state) => Object.keys(state).map(Number).sort((a, b) => a - b).map((id) => ({ id, ...state[id] }));

// Each step on "lan", what becomes of the record in interfaces, and the event it makes.
const STEPS = [
    [() => addLink("lan"), (i) => i && !i.is_up, "interface_added"],
    ["ip link set lan up", (i) => i.is_up && i.is_active, "link_up"],
    ["ip addr add 10.4.0.1/24 dev lan", (i) => i.addresses.includes("10.4.0.1/24"), "address_added", "10.4.0.1/24"],
    ["ip addr add fd04::1/64 dev lan nodad", (i) => i.addresses.includes("fd04::1/64"), "address_added", "fd04::1/64"],
    ["ip route add default via 10.4.0.9", (i) => i.primary === true, "route_changed"],
    ["ip addr del 10.4.0.1/24 dev lan", (i) => !i.addresses.includes("10.4.0.1/24"), "address_removed", "10.4.0.1/24"],
    ["ip link set lan down", (i) => !i.is_up && !i.is_active, "link_down"],
    ["ip link del lan", (i) => i === undefined, "interface_removed"],
];

test("link and address changes come at once and in order, also to who asked for one message a minute", async (t) => {
    const server = await startServer(t, { intervalMs: 60_000 });
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events", { interval_ms: 60_000 });
    const interfaces = await client.subscribe("interfaces", { interval_ms: 60_000 });
    const known = new Set(Object.keys(events.state));
    const mine = () => inOrder(events.state).filter((e) => !known.has(String(e.id)) && e.interface === "lan");

    const expected = [];
    for (const [command, isSeen, event, address] of STEPS) {
        expected.push(address ? `${event} ${address}` : event);
        (typeof command === "string" ? () => run(command) : command)();
        await until(() => isSeen(interfaces.state.lan), () => `${event} in ${JSON.stringify(interfaces.state.lan)}`, 10_000);
        await until(() => mine().some((e) => e.event === event && (!address || e.address === address)),
            () => `${event} ${address ?? ""} in ${JSON.stringify(mine())}`, 10_000);
    }
    // The kernel gives a link that comes up an address of its own (fe80::…); nobody asked for that.
    const got = mine().filter((e) => !e.address?.startsWith("fe80:"))
        .map((e) => (e.address ? `${e.event} ${e.address}` : e.event));
    const asked = got.filter((word) => expected.includes(word));
    assert.deepEqual([...new Set(asked)], expected, JSON.stringify(mine()));
    assert.ok(mine().some((e) => e.message === "there is no default route any more (it left through lan)"), "it went with its address");
    for (const event of mine()) {
        assert.match(event.message, /^[^\n]*\blan\b[^\n]*$/, "a sentence that names the interface");
        assert.ok(!Number.isNaN(Date.parse(event.time)), event.time);
    }
    await client.close();
    await server.stop();
});

// A server that was held up hears too late: what it could not be told is read anew, and said.
test("what was announced to a server that could not listen is read anew, and it says so", async (t) => {
    const server = await startServer(t, { intervalMs: 60_000 });
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events");
    const interfaces = await client.subscribe("interfaces");
    addLink("lan6");
    await interfaces.reaches((state) => state.lan6, "lan6");
    process.kill(server.pid, "SIGSTOP");
    const words = (verb) => Array.from({ length: 6000 }, (_, i) => `address ${verb} 10.6.${i >> 8}.${i & 255}/32 dev lo\n`).join("");
    execFileSync("ip", ["-batch", "-"], { input: words("add") + words("del") });
    run("ip link set lan6 mtu 1414");
    process.kill(server.pid, "SIGCONT");
    await events.reaches((state) => Object.values(state).some((e) => e.event === "overrun"), "the event of it");
    await interfaces.reaches((state) => state.lan6.mtu === 1414, "what was lost");
    assert.equal(Object.values(events.state).filter((e) => e.event === "overrun").length, 1);
    await client.close();
    await server.stop();
});

// One reading can make more events than are kept for those who come later.
test("what thousands of changes in one reading make is all told", async (t) => {
    const server = await startServer(t, { intervalMs: 60_000 });
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events");
    const interfaces = await client.subscribe("interfaces");
    const told = (word) => Object.values(events.state).filter((e) => e.event === word && e.interface === "lan7").length;
    addLink("lan7");
    await interfaces.reaches((state) => state.lan7, "lan7");
    process.kill(server.pid, "SIGSTOP");
    const input = Array.from({ length: 3000 }, (_, i) => `address add 10.7.${i >> 8}.${i & 255}/32 dev lan7\n`).join("");
    execFileSync("ip", ["-batch", "-"], { input });
    process.kill(server.pid, "SIGCONT");
    await until(() => told("address_added") >= 3000, () => `3000 addresses, not ${told("address_added")}`);
    run("ip link del lan7");
    await until(() => told("interface_removed") === 1, "the end of the link");
    assert.equal(told("address_removed"), told("address_added"), "each that came went");
    const ids = Object.keys(events.state).map(Number);
    assert.equal(Math.max(...ids) - Math.min(...ids) + 1, ids.length, "none is missing");
    await client.close();
    await server.stop();
});

test("what the kernel drops is told of, with its reason", async (t) => {
    const server = await startServer(t);
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events");
    // A socket that nobody reads from.
    execFileSync("python3", ["-c", `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
for _ in range(500):
    s.sendto(bytes(1000), s.getsockname())`]);
    const isIt = (e) => e.event === "drops" && /UDP sockets' receive buffers were full/.test(e.message);
    await events.reaches((state) => Object.values(state).some(isIt), "the event");
    const event = Object.values(events.state).find(isIt);
    assert.ok(event.packets > 0 && event.packets <= 500, event.packets); // a reading may come in between
    assert.ok(event.message.startsWith(`${event.packets} packets were dropped: `), event.message);
    await client.close();
    await server.stop();
});

test("REST knows the same events, and those that watch nothing get none", async (t) => {
    const server = await startServer(t);
    const quiet = await Client.connect(t, server);
    const client = await Client.connect(t, server);
    let texts = 0;
    quiet.onText = () => { texts += 1; };
    const events = await client.subscribe("events");
    addLink("lan5");
    await events.reaches((state) => inOrder(state).some((e) => e.interface === "lan5"), "the event of lan5");
    const { json } = await server.get("/api/v1/events");
    assert.equal(canonical(json.data), canonical(events.state));
    assert.equal(json.count, Object.keys(json.data).length);
    assert.ok(await quiet.isServed());
    assert.equal(texts, 1, "nothing but the pong");
    await quiet.close();
    await client.close();
    await server.stop();
});

test("a hundred links that come and go leave a hundred events each, none twice, none out of order", async (t) => {
    const server = await startServer(t, { intervalMs: 1000 });
    const client = await Client.connect(t, server);
    const events = await client.subscribe("events");
    for (let i = 0; i < 100; i += 1) {
        run(`ip link add burst${i} type bridge`);
    }
    await events.reaches((state) => Object.values(state).filter((e) => e.event === "interface_added"
        && e.interface.startsWith("burst")).length === 100, "100 links");
    for (let i = 0; i < 100; i += 1) {
        run(`ip link del burst${i}`);
    }
    await events.reaches((state) => Object.values(state).filter((e) => e.event === "interface_removed"
        && e.interface.startsWith("burst")).length === 100, "100 links to go");
    const list = inOrder(events.state).filter((e) => e.interface?.startsWith("burst"));
    for (let i = 0; i < 100; i += 1) {
        assert.deepEqual(list.filter((e) => e.interface === `burst${i}`).map((e) => e.event),
            ["interface_added", "interface_removed"]);
    }
    const times = inOrder(events.state).map((e) => Date.parse(e.time));
    assert.deepEqual(times, [...times].sort((a, b) => a - b));
    await client.close();
    await server.stop();
});
