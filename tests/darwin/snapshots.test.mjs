// What `ifpulse snapshot`, as built for macOS, shows of the Macs in tests/darwin/scenario: its object
// code runs here by tests/darwin/loader. Every field of every record is said, and none more.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { SPAN_MS, ifpulse, kernelOf, snapshotOf } from "./mac.mjs";

const snapshot = (t, scenario, topics, environment) => snapshotOf(kernelOf(t, scenario), topics, environment);

// --- what is to be seen ---

const UNUSED = {
    bytes_received: 0, bytes_sent: 0, packets_received: 0, packets_sent: 0,
    receive_errors: 0, send_errors: 0, receive_drops: 0, send_drops: 0,
};
const STEADY = {
    download_speed: 0, upload_speed: 0, packet_receive_rate: 0, packet_send_rate: 0,
    receive_error_rate: 0, send_error_rate: 0, drop_rate: 0,
};
const COUNTED = { lower: [], counted: true };
const OF_OTHER_LINKS = { lower: [], counted: false, not_counted_reason: "leaves through the machine's own links" };

// A port that frames go through, up and without an address, as far as nothing else is said.
const PORT = {
    type: "ethernet", kind: "ether", is_active: true, is_up: true, is_loopback: false, is_wireless: false,
    is_point_to_point: false, supports_broadcast: true, supports_multicast: true, addresses: [], mtu: 1500,
    primary: false, ...UNUSED, ...STEADY, ...COUNTED,
};
// One with a cable has a way to collide, and only one with a link has a speed.
const CABLE = { ...PORT, collisions: 0 };
const GIGABIT = { link_speed: 1e9, duplex: "full" };
const LOOPBACK = {
    ...PORT, name: "lo0", type: "loopback", kind: "loopback", is_loopback: true, supports_broadcast: false,
    mtu: 16384, counted: false, not_counted_reason: "loopback",
};
const TUNNEL = {
    ...PORT, type: "virtual", is_point_to_point: true, supports_broadcast: false, ...OF_OTHER_LINKS,
};

// The speed of a counter that has grown by that much in the time between the readings.
const grownBy = (amount) => ({ amount });
// Not known: a field that is not there, whatever else it is part of.
function without(record, ...keys) {
    return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
// What this machine's list of users has instead of a Mac's.
const users = Object.fromEntries(readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"))
    .map(([name, , uid]) => [uid, name]));
const ownedBy = (uid) => ({ uid, ...(uid in users && { user: users[uid] }) });
const process_ = (pid, name, uid) => ({ pid, process_name: name, ...ownedBy(uid), evidence: "socket" });
const IDLE = { download_speed: 0, upload_speed: 0, receive_queue: 0, send_queue: 0 };

// Speeds, of three digits, say how long it was between the readings: all the same, and not less than
// asked for.
function spansOf(actual, expected) {
    return Object.entries(expected).filter(([, value]) => value?.amount)
        .map(([key, { amount }]) => amount / actual[key] * 1000);
}

function compare(actual, expected) {
    const spans = [];
    for (const [i, record] of expected.entries()) {
        for (const span of spansOf(actual[i] ?? {}, record)) spans.push(span);
        const plain = Object.entries(record).map(([key, value]) => [key, value?.amount ? actual[i][key] : value]);
        assert.deepEqual(actual[i], Object.fromEntries(plain), record.name ?? `record ${i + 1}`);
    }
    assert.equal(actual.length, expected.length);
    for (const span of spans) {
        assert.ok(span > SPAN_MS * 0.99 && Math.abs(span / spans[0] - 1) < 0.011, `${spans} ms`);
    }
}

function compareInterfaces(data, expected) {
    compare(Object.values(data.interfaces), expected);
    assert.deepEqual(Object.keys(data.interfaces), expected.map(({ name }) => name));
}

const compareConnections = (data, expected) => compare(Object.values(data.connections), expected);

function statusOf(data) {
    return Object.fromEntries(Object.entries(data.server.capabilities).map(([name, { status }]) => [name, status]));
}

// --- the Macs ---

test("macbook: interfaces", (t) => {
    compareInterfaces(snapshot(t, "macbook", "interfaces"), [
        {
            ...LOOPBACK, addresses: ["127.0.0.1/8", "::1/128", "fe80::1/64"],
            bytes_received: 70000, bytes_sent: 70000, packets_received: 500, packets_sent: 500,
        },
        { ...TUNNEL, name: "gif0", kind: "gif", is_active: false, is_up: false, mtu: 1280 },
        {
            ...PORT, name: "en0", type: "wifi", is_wireless: true, mac_address: "ac:87:a3:19:7f:82", primary: true,
            addresses: ["198.51.100.23/22", "fe80::1c2b:3a4f:55aa:101/64", "2001:db8:1::23/64"],
            bytes_received: 30279303935, bytes_sent: 4295967296, packets_received: 30002000, packets_sent: 9001000,
            receive_errors: 3, send_errors: 2, receive_drops: 5, send_drops: 7,
            download_speed: grownBy(2000000), upload_speed: grownBy(1000000),
            packet_receive_rate: grownBy(2000), packet_send_rate: grownBy(1000),
        },
        { ...CABLE, name: "en5", mac_address: "ac:de:48:00:11:22", is_active: false },
        {
            ...CABLE, name: "en7", mac_address: "00:e0:4c:68:01:ff", addresses: ["192.0.2.7/32"], mtu: 9000,
            link_speed: 2.5e9, duplex: "full", collisions: 4,
            bytes_received: 1400000, bytes_sent: 80000, packets_received: 1000, packets_sent: 900,
        },
        {
            ...PORT, name: "bridge0", type: "virtual", kind: "bridge", mac_address: "36:59:a1:00:00:04",
            is_active: false, counted: false, not_counted_reason: "its ports carry the traffic",
        },
        {
            ...without(PORT, "download_speed", "upload_speed", "packet_receive_rate", "packet_send_rate"),
            name: "awdl0", type: "virtual", kind: "awdl", mac_address: "1a:2b:3c:4d:5e:6f",
            addresses: ["fe80::182b:3cff:fe4d:5e6f/64"],
            bytes_received: 1200, bytes_sent: 90, packets_received: 10, packets_sent: 1, ...OF_OTHER_LINKS,
        },
        {
            ...TUNNEL, name: "utun0", kind: "tun", addresses: ["10.8.0.2/32"], mtu: 1380,
            bytes_received: 7000, bytes_sent: 6000, packets_received: 70, packets_sent: 60,
        },
        {
            ...PORT, name: "vlan0", type: "virtual", kind: "vlan", mac_address: "00:e0:4c:68:01:ff",
            addresses: ["203.0.113.130/25"],
            bytes_received: 1100, bytes_sent: 1200, packets_received: 11, packets_sent: 12,
            lower: ["en7"], counted: false, not_counted_reason: "carried by en7",
        },
    ]);
});

test("macbook: connections", (t) => {
    compareConnections(snapshot(t, "macbook", "connections"), [
        {
            connection_type: "tcp", local_address: "::", local_port: 22, state: "listen",
            ...process_(1, "launchd", 0), receive_queue: 0, send_queue: 128,
        },
        {
            connection_type: "tcp", local_address: "127.0.0.1", local_port: 8080, state: "listen",
            ...process_(702, "com.example.serv", 501), receive_queue: 2, send_queue: 10,
        },
        {
            connection_type: "tcp", local_address: "198.51.100.23", local_port: 50123,
            remote_address: "203.0.113.9", remote_port: 443, state: "established", interface: "en0",
            ...process_(701, "Safari", 501), bytes_received: 5000000000, bytes_sent: 123456,
            ...IDLE, receive_queue: 100, send_queue: 2000, rtt_ms: 24, congestion_window: 20,
        },
        {
            connection_type: "tcp", local_address: "2001:db8:1::23", local_port: 50124,
            remote_address: "2001:db8:80::1", remote_port: 443, state: "established", interface: "en0",
            ...process_(701, "Safari", 501), bytes_received: 1000, bytes_sent: 2000,
            ...IDLE, rtt_ms: 3, congestion_window: 10,
        },
        {
            connection_type: "tcp", local_address: "10.8.0.2", local_port: 50125,
            remote_address: "10.1.2.3", remote_port: 22, state: "close_wait", interface: "utun0",
            ...process_(1, "launchd", 0), bytes_received: 7, bytes_sent: 8, ...IDLE, congestion_window: 10,
        },
        {
            // Nobody's any more: what the kernel has left of it are zeroes.
            connection_type: "tcp", local_address: "198.51.100.23", local_port: 50126,
            remote_address: "203.0.113.200", remote_port: 80, state: "time_wait", interface: "vlan0",
        },
        {
            // Link-local addresses may be of any link, so no route tells which.
            connection_type: "tcp", local_address: "fe80::1c2b:3a4f:55aa:101", local_port: 50127,
            remote_address: "fe80::9", remote_port: 7000, state: "established",
            ...process_(701, "Safari", 501), bytes_received: 0, bytes_sent: 0, ...IDLE,
        },
        {
            // Of a stack in user space, of which the kernel knows no times, and the user by the process.
            connection_type: "tcp", local_address: "198.51.100.23", local_port: 50129,
            remote_address: "203.0.113.11", remote_port: 443, state: "established", interface: "en0",
            ...process_(701, "Safari", 501),
            bytes_received: 400, bytes_sent: 300, ...IDLE, receive_queue: 1, send_queue: 2,
        },
        {
            connection_type: "udp", local_address: "::", local_port: 5353, state: "unconnected",
            ...process_(300, "mDNSResponder", 65), bytes_received: 0, bytes_sent: 0, ...IDLE, receive_queue: 9,
        },
        {
            connection_type: "udp", local_address: "198.51.100.23", local_port: 61000,
            remote_address: "203.0.113.53", remote_port: 53, state: "established", interface: "en0",
            ...process_(300, "mDNSResponder", 65), bytes_received: 4000, bytes_sent: 3000, ...IDLE,
        },
        {
            connection_type: "udp", local_address: "2001:db8:1::23", local_port: 62000,
            remote_address: "2001:db8:80::1", remote_port: 443, state: "established", interface: "en0",
            ...process_(701, "Safari", 501),
            bytes_received: 123456789, bytes_sent: 9876, ...without(IDLE, "send_queue"), receive_queue: 5,
        },
    ]);
});

test("macbook: totals, owners and what it says of itself", (t) => {
    const data = snapshot(t, "macbook", "totals,owners,server");
    assert.equal(data.totals.connections, 11);
    assert.equal(data.totals.established, 6);
    // en0, en5 and en7: the others' traffic is theirs.
    assert.equal(data.totals.bytes_received, 30279303935 + 1400000);
    assert.equal(data.totals.bytes_sent, 4295967296 + 80000);
    const names = Object.values(data.owners).map(({ process_name: name, pids }) => [name, ...pids]).sort();
    assert.deepEqual(names, [["Safari", 701], ["com.example.serv", 702], ["launchd", 1], ["mDNSResponder", 300]]);
    assert.equal(data.server.os, "macOS 15.6");
    assert.ok(data.server.rss_bytes > 1e6);
    assert.equal(data.server.sockets, 11);
    assert.deepEqual(statusOf(data), {
        interfaces: "available", connections: "available", owners: "available", events: "available",
        wireless: "not_supported", ports: "not_supported", units: "not_supported", namespaces: "not_supported",
        short_lived: "not_supported", closings: "not_supported", drops: "not_supported",
    });
});

test("macos14: all traffic classes add up", (t) => {
    const data = snapshot(t, "macos14", "interfaces,connections");
    compareInterfaces(data, [
        { ...LOOPBACK, addresses: ["127.0.0.1/8"] },
        {
            ...CABLE, name: "en0", mac_address: "ac:87:a3:19:7f:83", addresses: ["192.0.2.7/24"], primary: true,
            link_speed: 1e8, duplex: "half", bytes_received: 1000, packets_received: 10,
        },
    ]);
    compareConnections(data, [
        {
            connection_type: "tcp", local_address: "192.0.2.7", local_port: 50000,
            remote_address: "203.0.113.9", remote_port: 443, state: "established", interface: "en0",
            ...process_(77, "curl", 0), bytes_received: 5000000600, bytes_sent: 100,
            ...IDLE, rtt_ms: 12, congestion_window: 10,
        },
        {
            connection_type: "udp", local_address: "192.0.2.7", local_port: 60000,
            remote_address: "203.0.113.53", remote_port: 53, state: "established", interface: "en0",
            ...process_(77, "curl", 0), bytes_received: 4, bytes_sent: 6, ...IDLE,
        },
    ]);
});

test("hidden: libproc shows the sockets of this user, and it is said that there are more", (t) => {
    const data = snapshot(t, "hidden", "connections,server");
    const node = { ...process_(77, "node", 1), evidence: "proc" };
    compareConnections(data, [
        {
            connection_type: "tcp", local_address: "192.0.2.7", local_port: 50001,
            remote_address: "203.0.113.9", remote_port: 443, state: "established", interface: "en0",
            ...node, receive_queue: 11, send_queue: 12,
        },
        {
            connection_type: "tcp", local_address: "::", local_port: 8000, state: "listen",
            ...node, receive_queue: 1, send_queue: 5,
        },
        {
            connection_type: "udp", local_address: "192.0.2.7", local_port: 60001,
            remote_address: "203.0.113.53", remote_port: 53, state: "established", interface: "en0",
            ...node, receive_queue: 0, send_queue: 0,
        },
    ]);
    const { connections, owners } = data.server.capabilities;
    assert.equal(connections.status, "permission");
    assert.match(connections.detail, /root/, "what would show the others");
    assert.ok(["permission", "available"].includes(owners.status));
});

test("growing: what there is no room for is asked again, and what is gone is gone", (t) => {
    const data = snapshot(t, "growing", "interfaces,connections,events");
    compareInterfaces(data, [{
        ...CABLE, name: "en0", mac_address: "ac:87:a3:19:7f:84", ...GIGABIT,
        bytes_received: 1000, packets_received: 10,
    }]);
    assert.deepEqual(Object.values(data.connections).map(({ local_port: port }) => port), [80, 81]);
    const gone = Object.values(data.events).filter(({ event }) => event === "interface_removed");
    assert.deepEqual(gone.map(({ interface: name }) => name), ["en9"]);
});

test("events: links, addresses and interfaces that come and go, and announcements that are lost", (t) => {
    const data = snapshot(t, "events", "interfaces,events");
    const told = Object.values(data.events).map(({ event, interface: name, address }) => [event, name, address]);
    assert.deepEqual(told.map((words) => words.filter(Boolean).join(" ")).sort(), [
        "address_added en0 192.0.2.4/24", "address_removed en1 192.0.2.5/24",
        "interface_added en8", "interface_removed en1", "link_down en0", "link_down en1", "link_up en8", "overrun",
    ]);
    compareInterfaces(data, [
        {
            ...CABLE, name: "en0", mac_address: "ac:87:a3:19:7f:84", is_active: false, addresses: ["192.0.2.4/24"],
            bytes_received: 1000, packets_received: 10,
        },
        {
            // Seen for the first time: it has no speed yet.
            ...without(CABLE, ...Object.keys(STEADY)), name: "en8", mac_address: "ac:87:a3:19:7f:84", ...GIGABIT,
            bytes_received: 1000, packets_received: 10,
        },
    ]);
});

// Subclass and code of net/net_kev.h: what each tells of alone makes everything be read again.
const TOLD = {
    "flags": [2, 1], "MTU": [2, 3], "medium": [2, 5], "attached": [2, 9], "detaching": [2, 10], "detached": [2, 11],
    "link off": [2, 12], "link on": [2, 13], "MAC address": [2, 16], "primary": [2, 23], "IPv4": [1, 1], "IPv6": [6, 4],
};
const NOT_TOLD = { "link quality": [2, 20], "power": [14, 1] };

test("events: each tells by itself, and what is of no interest costs nothing", (t) => {
    const addressesAfter = (numbers) => snapshot(t, `told_${numbers.join("_")}`, "interfaces").interfaces.en0.addresses;
    for (const [what, numbers] of Object.entries(TOLD)) {
        assert.deepEqual(addressesAfter(numbers), ["192.0.2.4/24"], what);
    }
    for (const [what, numbers] of Object.entries(NOT_TOLD)) {
        assert.deepEqual(addressesAfter(numbers), [], what);
    }
});

test("events: an interface that is attached under the name of another is another, whose counters start anew", (t) => {
    const eventsAfter = (scenario) => Object.values(snapshot(t, scenario, "interfaces,events").events).map(({ event }) => event);
    assert.ok(eventsAfter("told_2_9").includes("counter_reset"));
    assert.ok(!eventsAfter("told_2_12").includes("counter_reset"));
});

test("fallback: interfaces by getifaddrs, and the routing socket tells of changes", (t) => {
    const data = snapshot(t, "fallback", "interfaces,events,server", { IFPULSE_KERNEL_SCRIPT_ROUTE: "1" });
    const port = { ...CABLE, mac_address: "ac:87:a3:19:7f:84", bytes_received: 1000, packets_received: 10 };
    compareInterfaces(data, [
        { ...port, name: "en0", ...GIGABIT, addresses: ["192.0.2.4/24", "fe80::4/64"] },
        { ...port, name: "en1", is_active: false, addresses: ["192.0.2.5/26"] },
    ]);
    const told = Object.values(data.events).map(({ event, interface: name }) => `${event} ${name}`);
    assert.deepEqual(told.sort(), ["address_added en1", "link_down en1"]);
    assert.equal(data.server.capabilities.events.status, "available");
    assert.match(data.server.capabilities.events.detail, /routing socket/);
});

// CoreWLAN is asked by a thread of its own, whose answer the first snapshot may not have yet.
function snapshotWithRadio(t) {
    for (let tries = 0; tries < 50; tries++) {
        const data = snapshot(t, "macbook", "interfaces,server", { IFPULSE_FAKE_FRAMEWORKS: "1" });
        if ("signal_strength" in data.interfaces.en0) return data;
    }
    return assert.fail("the radio never answers");
}

test("frameworks: names of ports, drivers and what the radio hears", (t) => {
    const { interfaces, server } = snapshotWithRadio(t);
    const facts = ["alias", "driver", "signal_strength", "link_speed", "frequency", "ssid"];
    const factsOf = (name) => Object.fromEntries(facts.filter((key) => key in interfaces[name])
        .map((key) => [key, interfaces[name][key]]));
    assert.deepEqual(factsOf("en0"), {
        alias: "Wi-Fi", driver: "AppleBCMWLANSkywalkInterface",
        signal_strength: -54, link_speed: 866.7e6, frequency: 5745, // channel 149; the name takes a permission
    });
    assert.deepEqual(factsOf("awdl0"), { driver: "AppleBCMWLANSkywalkInterface" });
    assert.deepEqual(factsOf("bridge0"), { alias: "Thunderbolt Bridge" });
    assert.deepEqual(factsOf("en5"), {});
    assert.equal(server.capabilities.ports.status, "available");
    assert.equal(server.capabilities.wireless.status, "available");
});

test("hostile: what is not understood is passed over, and a name may be anything", (t) => {
    const data = snapshot(t, "hostile", "interfaces,connections");
    const odd = { ...CABLE, mac_address: "ac:87:a3:19:7f:85", bytes_received: 64, packets_received: 1 };
    compareInterfaces(data, [
        // Bytes that are no text, and the backslash that tells them, are shown as what they are.
        { ...odd, name: 'e\\xff\\xfe"\\x5c\n\u0001<b>&éx0', addresses: ["10.1.2.3/8"] },
        { ...odd, name: "en1" },
    ]);
    const launchd = process_(1, "\u0001\\xff", 0);
    compareConnections(data, [
        {
            connection_type: "tcp", local_address: "0.0.0.0", local_port: 80, state: "listen",
            ...launchd, receive_queue: 0, send_queue: 128,
        },
        {
            connection_type: "tcp", local_address: "192.0.2.7", local_port: 50000,
            remote_address: "203.0.113.9", remote_port: 443, state: "close",
            ...launchd, bytes_received: 11, bytes_sent: 12, ...IDLE,
        },
    ]);
});

test("broken: what cannot be read is said, and nothing is shown", (t) => {
    const { status, stdout, stderr } = ifpulse(kernelOf(t, "broken"), "snapshot", "--topics", "interfaces");
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^ifpulse: error: the network cannot be read: .+\n$/);
});
