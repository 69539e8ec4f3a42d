// Filters, fields, sort and limit: whoever asks for a part, in whatever way, holds at each revision
// what these words say of the whole of that revision. What they say is written here once more, apart
// from the server: select().

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { startChurn } from "../support/churn.mjs";
import { canonical, difference, merge } from "../support/merge.mjs";
import { IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const COMPARISONS = 10_000; // of all who ask, together

const QUERIES = [
    { topic: "connections", filter: { state: ["established", "listen"] }, fields: ["state", "local_port"] },
    { topic: "connections", filter: { connection_type: "tcp", address: "127.0.0.0/8" } },
    { topic: "connections", sort: "-local_port", limit: 7 },
    { topic: "connections", filter: { state: "established" }, sort: "-bytes_received", limit: 10, compress: "deflate" },
    { topic: "connections", fields: ["bytes_sent"] },
    { topic: "connections", filter: { process_name: "n*e" }, fields: ["process_name", "rtt_ms"], compress: "deflate" },
    { topic: "interfaces", filter: { is_up: true }, fields: ["is_up", "mtu", "bytes_sent"] },
    { topic: "interfaces", filter: { name: ["churn0", "churn1", "other2"] } },
    { topic: "interfaces", sort: "mtu", limit: 2, compress: "deflate" },
    { topic: "owners", sort: "-connections", limit: 1 },
    { topic: "events", filter: { event: ["link_up", "link_down", "interface_added"] }, sort: "-time", limit: 12 },
    { topic: "totals", fields: ["connections", "established"] },
];
const TOPICS = ["interfaces", "connections", "owners", "totals", "events"];

// --- the words once more ---

function isInNetwork(address, network) {
    const bits = (text) => text.includes(":") ? undefined
        : text.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
    const [host, length = "32"] = network.split("/");
    return bits(address)?.slice(0, Number(length)) === bits(host).slice(0, Number(length));
}

function matches(record, name, value) {
    if (name === "address") {
        const addresses = [record.local_address, record.remote_address, ...(record.addresses ?? [])].filter(Boolean);
        return addresses.some((address) => isInNetwork(address.split("/")[0], value));
    }
    if (name === "process_name") {
        return record.process_name !== undefined && new RegExp(`^${value.replaceAll("*", ".*")}$`).test(record.process_name);
    }
    return record[name] === value;
}

function compareBy(sort, byNumber) {
    const field = sort?.replace(/^-/, "");
    return ([idA, a], [idB, b]) => {
        const [x, y] = [a[field], b[field]];
        if (field && x !== y) {
            if (x === undefined || y === undefined) {
                return x === undefined ? 1 : -1;
            }
            return (x < y ? -1 : 1) * (sort.startsWith("-") ? -1 : 1);
        }
        return byNumber ? Number(idA) - Number(idB) : idA < idB ? -1 : 1;
    };
}

const pick = (record, fields) => fields
    ? Object.fromEntries(Object.entries(record).filter(([key]) => fields.includes(key))) : record;

export function select(whole, { topic, filter = {}, fields, sort, limit }) {
    if (topic === "totals") {
        return pick(whole, fields);
    }
    const rows = Object.entries(whole)
        .filter(([, record]) => Object.entries(filter)
            .every(([name, values]) => [values].flat().some((value) => matches(record, name, value))))
        .sort(compareBy(sort, topic === "connections" || topic === "events"))
        .slice(0, limit);
    return Object.fromEntries(rows.map(([id, record]) => [id, pick(record, fields)]));
}

// --- those who ask ---

function pollWhole(server) {
    const poll = { byRevision: new Map(), isOver: false };
    poll.done = (async () => {
        while (!poll.isOver) {
            const { json } = await server.get(`/api/v1/snapshot?topics=${TOPICS.join(",")}`);
            poll.byRevision.set(json.revision, json.data);
            await pause(10);
        }
    })();
    return poll;
}

function target({ topic, filter = {}, fields, sort, limit }, more = {}) {
    const words = { ...filter, fields, sort, limit, ...more };
    const parameters = Object.entries(words).filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${encodeURIComponent([value].flat().join(","))}`);
    return `/api/v1/${topic}?${parameters.join("&")}`;
}

// Keeps a copy by REST: a patch since the last answer, or the whole.
function pollRest(server, query) {
    const poll = { query, history: new Map(), patches: 0, isOver: false };
    poll.done = (async () => {
        let { json } = await server.get(target(query));
        let state = json.data;
        while (!poll.isOver) {
            await pause(60);
            ({ json } = await server.get(target(query, { since: json.revision, instance: json.instance })));
            poll.patches += json.patch ? 1 : 0;
            state = json.patch ? merge(state, json.patch) : json.data;
            poll.history.set(json.revision, state);
            if (json.count !== undefined) {
                assert.equal(json.count, Object.keys(state).length, target(query));
            }
        }
    })();
    return poll;
}

async function watch(t, server, options, more = {}) {
    const client = await Client.connect(t, server, { keepsHistory: true, ...options });
    const subscriptions = [];
    for (const query of QUERIES) {
        subscriptions.push(await client.subscribe(query.topic, { ...query, ...more }));
    }
    return { client, subscriptions };
}

async function comeAndGo(t, server, isOver) {
    const result = { lives: 0, deltasFirst: 0, histories: QUERIES.map(() => new Map()) };
    let last = [];
    while (!isOver()) {
        const client = await Client.connect(t, server, { keepsHistory: true });
        const now = [];
        for (const [i, query] of QUERIES.entries()) {
            now.push(await client.subscribe(query.topic, { ...query, from: last[i] }));
            result.deltasFirst += last[i] && now[i].snapshots === 0 ? 1 : 0;
        }
        await pause(400);
        if (result.lives % 2) {
            client.socket.terminate();
        } else {
            await client.close();
        }
        assert.deepEqual(client.violations, []);
        now.forEach(({ history }, i) => history.forEach((state, revision) => result.histories[i].set(revision, state)));
        last = now;
        result.lives += 1;
        await pause(150);
    }
    return result;
}

function compare(who, query, history, whole) {
    let compared = 0;
    for (const [revision, state] of history) {
        const all = whole.byRevision.get(revision);
        if (all) {
            compared += 1;
            const expected = select(all[query.topic], query);
            if (canonical(state) !== canonical(expected)) {
                assert.fail(`${who}, ${JSON.stringify(query)} at revision ${revision}: ${difference(state, expected)}`);
            }
        }
    }
    return compared;
}

test("a part of the network, kept by deltas, is that part of the whole at every revision", async (t) => {
    const server = await startServer(t, { intervalMs: 60, config: { limits: { messages_per_s: 1000, message_burst: 200 } } });
    const churn = startChurn(t);
    const whole = pollWhole(server);
    const rest = [1, 3, 6, 8, 9].map((i) => pollRest(server, QUERIES[i]));
    const crowd = [await watch(t, server, {}), await watch(t, server, { repeats: true }), await watch(t, server, {}, { interval_ms: 180 })];
    const stalled = await watch(t, server, {});
    let isOver = false;
    const comer = comeAndGo(t, server, () => isOver);
    const all = () => [...crowd, stalled].flatMap(({ subscriptions }) => subscriptions);
    const count = () => {
        let sum = 0;
        for (const { history } of all()) {
            for (const revision of history.keys()) {
                sum += whole.byRevision.has(revision) ? 1 : 0;
            }
        }
        return sum;
    };
    const deadline = performance.now() + 150_000;
    while (count() < COMPARISONS * 0.8 || churn.rounds < 10) {
        assert.ok(performance.now() < deadline, `${count()} comparisons and ${churn.rounds} rounds of churn are too few`);
        stalled.client.stall();
        await pause(1500);
        stalled.client.resume();
        await pause(500);
    }
    isOver = true;
    const comings = await comer;
    churn.stop();
    await churn.done;
    await pause(300);
    [whole, ...rest].forEach((poll) => { poll.isOver = true; });
    await Promise.all([whole, ...rest].map((poll) => poll.done));

    let compared = 0;
    for (const subscription of all()) {
        compared += compare("a client", subscription.request, subscription.history, whole);
    }
    let others = 0;
    QUERIES.forEach((query, i) => { others += compare("come and gone", query, comings.histories[i], whole); });
    rest.forEach((poll) => { others += compare("REST", poll.query, poll.history, whole); });
    t.diagnostic(`${compared} comparisons of clients that stay and ${others} of others; ${churn.rounds} rounds of churn; ${comings.lives} lives`);
    assert.ok(compared + others >= COMPARISONS, `${compared} and ${others} comparisons`);
    assert.ok(comings.deltasFirst > 0, "no reconnect was answered with a delta");
    assert.ok(rest.every((poll) => poll.patches > 0), "?since= never gave a patch");
    for (const { client } of [...crowd, stalled]) {
        assert.ok(client.deflated > 0, "nothing came deflated");
        await client.close();
    }
    await server.stop();
});

test("REST takes the same words as the stream, and refuses the same", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE });
    for (const query of QUERIES.filter(({ topic }) => topic !== "events")) {
        const { json } = await server.get(target(query));
        const { json: all } = await server.get(`/api/v1/${query.topic}`);
        if (json.revision === all.revision) {
            assert.equal(canonical(json.data), canonical(select(all.data, query)), target(query));
        }
    }
    const sorted = (await server.get("/api/v1/interfaces?sort=-bytes_received&fields=bytes_received")).json;
    const values = Object.values(sorted.data).map((record) => record.bytes_received ?? -1);
    assert.deepEqual(values, [...values].sort((a, b) => b - a), "an answer is written in its order");
    const one = (await server.get("/api/v1/interfaces/eth0?fields=mtu,name")).json;
    assert.deepEqual(Object.keys(one.data).sort(), ["mtu", "name"]);

    const client = await Client.connect(t, server);
    const wrong = [
        ["connections", { filter: { stat: "x" } }, "stat=x", /"stat".*state/],
        ["connections", { filter: { state: "open" } }, "state=open", /open.*established/],
        ["connections", { filter: { address: "10.0.0.0/40" } }, "address=10.0.0.0/40", /10\.0\.0\.0\/40/],
        ["connections", { sort: "nothing" }, "sort=nothing", /nothing/],
        ["connections", { limit: 0 }, "limit=0", /1 to 100000/],
        ["connections", { fields: ["nothing"] }, "fields=nothing", /nothing/],
        ["totals", { limit: 3 }, "limit=3", /one record/],
        ["totals", { filter: { established: 1 } }, "established=1", /one record/],
    ];
    for (const [topic, words, parameters, pattern] of wrong) {
        const error = await client.provoke({ op: "subscribe", id: 99, topic, ...words });
        const { status, json } = await server.get(`/api/v1/${topic}?${parameters}`);
        assert.equal(status, 400, parameters);
        assert.match(error.message, pattern);
        assert.match(json.detail, pattern);
        assert.equal(json.detail, `${error.message}.`, "the same sentence");
    }
    const twice = await server.get("/api/v1/connections?state=listen&state=established");
    assert.equal(twice.status, 400);
    await client.close();
    await server.stop();
});

test("equal questions get one stream and the very same bytes; different ones live side by side", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE });
    const texts = [[], []];
    const clients = await Promise.all(texts.map((list) => Client.connect(t, server)
        .then((client) => { client.onText = (data, { op }) => op === "delta" && list.push(data.toString()); return client; })));
    const [one, other] = await Promise.all([
        clients[0].subscribe("connections", { filter: { state: ["listen", "established"], address: "198.18.9.9/15" }, limit: 50, sort: "-download_speed" }),
        clients[1].subscribe("connections", { sort: "-download_speed", limit: 50, filter: { address: ["198.18.0.0/15"], state: ["established", "listen"] } }),
    ]);
    assert.equal(one.stream, other.stream);
    await until(() => texts.every((list) => list.length > 10), "some deltas");
    const shared = texts[0].filter((text) => texts[1].includes(text));
    assert.ok(shared.length >= 8, `${shared.length} of ${texts[0].length} messages are the same`);
    const third = await clients[0].subscribe("connections", { filter: { state: "listen" } });
    assert.notEqual(third.stream, one.stream);
    const error = await clients[0].provoke({ op: "subscribe", id: 77, topic: "connections", filter: { state: ["listen"] } });
    assert.equal(error.code, "already_subscribed");
    for (const client of clients) {
        await client.close();
    }
    await server.stop();
});
