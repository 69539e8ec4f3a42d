// Speeds and byte counts under real traffic, held against the kernel's own counters, which are read
// from /proc/net/dev: a way that ifpulse itself does not go.

import assert from "node:assert/strict";
import dgram from "node:dgram";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { addNamespace, addWire, hasKind, kernelCounters, run, runInside, start } from "../support/network.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const SPAN_MS = 6000;

function assertNear(actual, expected, what) {
    const off = Math.abs(actual - expected) / expected;
    assert.ok(off <= 0.03, `${what}: ${actual} against the kernel's ${expected}, ${(off * 100).toFixed(1)} % off`);
}

async function startTraffic(t, { wire, namespace, args = [] }) {
    const receiver = start(t, ["iperf3", "--server", "--one-off", "--forceflush"], { namespace });
    await until(() => /listening/.test(receiver.output), () => `iperf3 to listen: ${receiver.output}`);
    return start(t, ["iperf3", "--client", wire.remote, "--time", "120", "--interval", "1", "--forceflush", ...args]);
}

// Of the points in [from, to) the one that came soonest after its own time.
function promptest(points, from, to) {
    let best = from;
    for (let i = from; i < to; i += 1)
        if (points[i].at - points[i].ms < points[best].at - points[best].ms) best = i;
    return best;
}

// Gathers what the subscription says at each revision of a span, with the kernel's counters. On a busy
// machine a message may be read late, when the kernel has counted on: the span begins and ends at
// points that were read at once.
async function measure(subscription, pick) {
    const points = [];
    subscription.onState = (s) => {
        const record = pick(s.state);
        points.push({ ms: Date.parse(s.time), kernel: kernelCounters(), at: performance.now(), ...record });
    };
    await until(() => points.length > 1 && points.at(-1).at - points[0].at >= SPAN_MS, "a span of states");
    subscription.onState = undefined;
    const part = Math.ceil(points.length / 4);
    return points.slice(promptest(points, 0, part), promptest(points, points.length - part, points.length) + 1);
}

// The mean of a speed over a span: each value holds for the time since the point before it.
function meanSpeed(points, key) {
    let bytes = 0;
    for (let i = 1; i < points.length; i += 1) {
        assert.equal(typeof points[i][key], "number", `${key} is unknown amid the traffic`);
        bytes += points[i][key] * (points[i].ms - points[i - 1].ms) / 1000;
    }
    return bytes / ((points.at(-1).ms - points[0].ms) / 1000);
}

function checkAgainstKernel(points, kernelOf, what) {
    const first = points[0];
    const last = points.at(-1);
    const pairs = [["bytes_received", "download_speed"], ["bytes_sent", "upload_speed"]];
    for (const [counter, speed] of pairs) {
        const grown = kernelOf(last.kernel)[counter] - kernelOf(first.kernel)[counter];
        assertNear(last[counter] - first[counter], grown, `${what} ${counter}`);
        assertNear(meanSpeed(points, speed), grown / ((last.at - first.at) / 1000), `${what} ${speed}`);
    }
}

test("speeds, rates and counters of an interface are the kernel's within 3 %, both ways", async (t) => {
    addNamespace("peer");
    const wire = addWire({ here: "lan0", namespace: "peer" });
    await startTraffic(t, { wire, namespace: "peer", args: ["--bidir", "--bitrate", "40M"] });
    const server = await startServer(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces");
    await interfaces.reaches((state) => state.lan0.download_speed > 1e6 && state.lan0.upload_speed > 1e6, "traffic both ways");

    const points = await measure(interfaces, (state) => state.lan0);
    checkAgainstKernel(points, (kernel) => kernel.lan0, "lan0");
    const seconds = (points.at(-1).at - points[0].at) / 1000;
    for (const [counter, rate] of [["packets_received", "packet_receive_rate"], ["packets_sent", "packet_send_rate"]]) {
        const grown = points.at(-1).kernel.lan0[counter] - points[0].kernel.lan0[counter];
        assertNear(meanSpeed(points, rate), grown / seconds, rate);
    }
    await client.close();
    await server.stop();
});

// The tick is far longer than the span, so it is the looks in between that are measured.
test("speeds through a lens are the kernel's within 3 %, for whoever sees them", async (t) => {
    addNamespace("peer2");
    const wire = addWire({ here: "lan2", namespace: "peer2", subnet: 2 });
    await startTraffic(t, { wire, namespace: "peer2", args: ["--bidir", "--bitrate", "40M"] });
    const server = await startServer(t, { intervalMs: 60_000 });
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces", { interval_ms: 50 });
    await interfaces.reaches((state) => state.lan2.download_speed > 1e6 && state.lan2.upload_speed > 1e6, "traffic both ways");

    const points = await measure(interfaces, (state) => state.lan2);
    checkAgainstKernel(points, (kernel) => kernel.lan2, "lan2");
    const { json } = await server.get("/api/v1/interfaces");
    assert.ok(json.data.lan2.download_speed > 1e6, "REST tells the speed of the last look");
    await client.close();
    await server.stop();
});

// "lan" is a port of the bridge "bridge0", and the address is on a link on top of that: the same bytes
// pass three interfaces here, and totals may count them once.
for (const upper of ["macvlan", "vlan id 7"]) {
    test(`totals count each byte once where a bridge and a ${upper} carry it again, and say what they left out`, async (t) => {
        run("ip link add bridge0 type bridge");
        if (!hasKind(`link bridge0 type ${upper}`)) {
            run("ip link del bridge0");
            t.skip("this kernel has none");
            return;
        }
        addNamespace("far");
        run("ip link add lan type veth peer name eth0 netns far");
        run("ip link set lan master bridge0 up");
        run("ip link set bridge0 up");
        run(`ip link add link bridge0 name top type ${upper}`);
        run("ip addr add 10.9.0.1/24 dev top");
        run("ip link set top up");
        runInside("far", "ip link set eth0 up");
        const far = upper === "macvlan" ? "eth0" : "eth0.7";
        if (far !== "eth0") {
            runInside("far", `ip link add link eth0 name ${far} type ${upper}`);
            runInside("far", `ip link set ${far} up`);
        }
        runInside("far", `ip addr add 10.9.0.2/24 dev ${far}`);
        t.after(() => {
            run("ip link del bridge0");
            run("ip netns del far");
        });
        await startTraffic(t, { wire: { remote: "10.9.0.2" }, namespace: "far", args: ["--bidir", "--bitrate", "40M"] });
        const server = await startServer(t, { intervalMs: 100 });
        const client = await Client.connect(t, server);
        const totals = await client.subscribe("totals");
        const interfaces = await client.subscribe("interfaces");
        await totals.reaches((state) => state.download_speed > 1e6 && state.upload_speed > 1e6, "traffic both ways");

        const points = await measure(totals, (state) => state);
        checkAgainstKernel(points, (kernel) => kernel.lan, "totals");
        assert.equal(interfaces.state.lo.counted, false);
        assert.ok(interfaces.state.top.download_speed > 1e6, "the upper link carries it too");
        for (const each of Object.values(interfaces.state)) {
            assert.equal(each.counted, each.not_counted_reason === undefined, `${each.name} is counted, or says why not`);
        }
        await client.close();
        await server.stop();
    });
}

test("the first sample has no speed, and an interface made anew under its name starts without one", async (t) => {
    addNamespace("peer3");
    const wire = addWire({ here: "lan3", namespace: "peer3", subnet: 3 });
    const server = await startServer(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const interfaces = await client.subscribe("interfaces");
    const talker = dgram.createSocket("udp4").on("error", () => {}); // each word is answered by ICMP
    const timer = setInterval(() => talker.send("hello", 9, wire.remote, () => {}), 10);
    t.after(() => {
        clearInterval(timer);
        talker.close();
    });
    await interfaces.reaches((state) => state.lan3.download_speed > 0, "the answers");

    const wrong = [];
    interfaces.onState = ({ state }) => {
        for (const key of ["download_speed", "upload_speed", "packet_receive_rate", "packet_send_rate"]) {
            if (state.lan3?.[key] < 0 || state.lan3?.[key] > 1e6) {
                wrong.push(`${key} ${state.lan3[key]}`);
            }
        }
    };
    for (let round = 0; round < 5; round += 1) {
        run("ip link del lan3");
        addWire({ here: "lan3", namespace: "peer3", subnet: 3 });
        const before = interfaces.received;
        await until(() => interfaces.received > before + 3, "a few more states");
        await interfaces.reaches((state) => state.lan3?.upload_speed > 0, "a speed of the new lan3");
    }
    assert.deepEqual(wrong, [], "a reset is neither a negative speed nor a spike");
    await client.close();
    await server.stop();
});
