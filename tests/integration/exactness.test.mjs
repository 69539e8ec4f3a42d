// What a JSON parser or a careless writer would bend: counters that no double holds, and names that
// are any bytes. Read as text here, not as JavaScript's numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { addLink, start } from "../support/network.mjs";
import { IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const BEFORE = 9_007_199_254_740_993n; // 2^53 + 1, the first that is no double

// eth0's bytes_received in a text of JSON, exactly.
const countIn = (text) => {
    const digits = /"eth0":\{[^{}]*?"bytes_received":(\d+)/.exec(text)?.[1];
    return digits && BigInt(digits);
};

const isNoDouble = (value) => BigInt(Number(value)) !== value;

test("counters beyond 2^53 are exact, in the stream, in REST, for Prometheus and in rates", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, env: { IFPULSE_FAKE_BYTES_BEFORE: String(BEFORE) } });
    const client = await Client.connect(t, server);
    const byRevision = new Map();
    client.onText = (data, { revision }) => {
        if (countIn(data.toString()) !== undefined) {
            byRevision.set(revision, countIn(data.toString()));
        }
    };
    const interfaces = await client.subscribe("interfaces");
    let compared = 0;
    await until(async () => {
        const { text } = await server.get("/api/v1/interfaces");
        const revision = Number(/"revision":(\d+)/.exec(text)[1]);
        if (byRevision.has(revision)) {
            assert.equal(byRevision.get(revision), countIn(text));
            compared += 1;
        }
        return compared >= 10 && [...byRevision.values()].some(isNoDouble);
    }, "ten revisions seen by both, and a value that no double holds");
    const values = [...byRevision.values()];
    assert.ok(values.every((value, i) => value > BEFORE && (i === 0 || value >= values[i - 1])));
    const last = values.at(-1);
    await until(async () => {
        const { text } = await server.get("/metrics");
        return BigInt(/ifpulse_interface_receive_bytes_total\{interface="eth0"\} (\d+)/.exec(text)[1]) >= last;
    }, "Prometheus' exact count");
    // A rate made from doubles of that size would be off by what they cannot hold.
    assert.ok(interfaces.state.eth0.download_speed > 0 && interfaces.state.eth0.download_speed < 1e9);
    const byCount = await server.get(`/api/v1/interfaces?bytes_received=${countIn((await server.get("/api/v1/interfaces")).text)}&fields=name`);
    assert.equal(byCount.status, 200, "and may be asked for");
    await client.close();
    await server.stop();
});

// Bytes of a name as Latin-1, and how the stream writes them.
const NAMES = [
    ['q"uo\'te', 'q"uo\'te'], ["back\\slash", "back\\x5cslash"], ["<b>&amp;<i>", "<b>&amp;<i>"], ["a\x01\x1b[31m", "a\x01\x1b[31m"],
    ["\xff\xfe\xc3(", "\\xff\\xfe\\xc3("], ["\xe2\x82\xac\xf0\x9f\x92\xa9", "€💩"], ["\xed\xa0\x80\xc0\xaf", "\\xed\\xa0\\x80\\xc0\\xaf"],
    ["\xe2\x80\xaetxt", "\u202etxt"], ["null", "null"], ["__proto__", "__proto__"], ["{\"op\":1}", "{\"op\":1}"], ["%s%n%00", "%s%n%00"],
];

test("names of interfaces and processes with any bytes keep every client connected, and can be asked for", async (t) => {
    const links = NAMES.filter(([bytes]) => !/[\s/:]/.test(bytes)).map(([bytes], i) => [Buffer.from(bytes, "latin1"), i]);
    const made = start(t, ["/usr/bin/python3", "-c", `
import os, socket, subprocess, sys, time
names = [bytes.fromhex(word) for word in sys.argv[1].split(",")]
made = [subprocess.run([b"ip", b"link", b"add", name[:15], b"type", b"bridge"], stderr=subprocess.DEVNULL).returncode == 0 for name in names]
for i, name in enumerate(names):
    if os.fork() == 0:
        open("/proc/self/comm", "wb").write(name)
        s = socket.create_server(("127.0.0.1", 7200 + i)); time.sleep(600)
print("made", sum(made), flush=True)
time.sleep(600)`, links.map(([bytes]) => bytes.toString("hex")).join(",")]);
    await until(() => /made \d+/.test(made.output), () => `the names: ${made.output}`);
    assert.ok(Number(/made (\d+)/.exec(made.output)[1]) >= 6, made.output);
    const server = await startServer(t, {});
    const clients = await Promise.all([1, 2, 3].map(() => Client.connect(t, server)));
    const connections = [];
    for (const client of clients) {
        await client.subscribe("interfaces");
        await client.subscribe("owners");
        connections.push(await client.subscribe("connections"));
    }
    const held = (state) => Object.values(state).filter(({ local_port: port, process_name: name }) => port >= 7200 && port < 7300 && name !== undefined);
    await connections[0].reaches((state) => held(state).length === links.length, "the listeners");
    const written = new Map(held(connections[0].state).map(({ local_port: port, process_name: name }) => [port - 7200, name]));
    for (const [i, [bytes]] of links.entries()) {
        const [, expected] = NAMES.find(([name]) => Buffer.from(name, "latin1").equals(bytes));
        assert.equal(written.get(i), expected);
        const { json } = await server.get(`/api/v1/connections?fields=local_port&process_name=${encodeURIComponent(expected)}`);
        assert.ok(Object.values(json.data).some(({ local_port: port }) => port === 7200 + i), `${expected} is found as it is written`);
    }
    const { json } = await server.get("/api/v1/interfaces");
    for (const id of Object.keys(json.data)) {
        assert.equal((await server.get(`/api/v1/interfaces/${encodeURIComponent(id)}`)).status, 200, id);
    }
    addLink("last0");
    for (const client of clients) {
        const interfaces = [...client.byStream.values()].find(({ topic }) => topic === "interfaces");
        await interfaces.reaches((state) => state.last0, "the link that came last");
        assert.ok(await client.isServed());
        await client.close();
    }
    await server.stop();
});
