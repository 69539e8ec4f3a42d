// The central promise: whatever deltas a client got, and however it got them, its state is the REST
// answer of the same revision.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { startChurn } from "../support/churn.mjs";
import { canonical, difference, merge } from "../support/merge.mjs";
import { startServer } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const TOPICS = ["interfaces", "connections", "owners", "totals", "events", "server"];
const COMPARISONS = 1000;

// Asks REST over and over and keeps one answer a revision: Map revision -> {topic: state}.
function pollRest(server) {
    const poll = { byRevision: new Map(), instance: undefined, isOver: false };
    poll.done = (async () => {
        while (!poll.isOver) {
            const { json } = await server.get(`/api/v1/snapshot?topics=${TOPICS.join(",")}`);
            poll.instance = json.instance;
            poll.byRevision.set(json.revision, json.data);
            await pause(15);
        }
    })();
    return poll;
}

// Keeps a copy by ?since= alone, checking nothing: each answer is a patch or the whole.
function pollSince(server, topic) {
    const poll = { history: new Map(), patches: 0, isOver: false };
    poll.done = (async () => {
        let { json } = await server.get(`/api/v1/${topic}`);
        let state = json.data;
        while (!poll.isOver) {
            await pause(40);
            ({ json } = await server.get(`/api/v1/${topic}?since=${json.revision}&instance=${json.instance}`));
            poll.patches += json.patch ? 1 : 0;
            state = json.patch ? merge(state, json.patch) : json.data;
            poll.history.set(json.revision, state);
        }
    })();
    return poll;
}

// Compares every revision that both sides have; returns how many, throws at the first difference.
function compare(who, topic, history, rest) {
    let compared = 0;
    for (const [revision, state] of history) {
        const answer = rest.byRevision.get(revision);
        if (answer) {
            compared += 1;
            if (canonical(state) !== canonical(answer[topic])) {
                assert.fail(`${who}, ${topic} at revision ${revision}: ${difference(state, answer[topic])}`);
            }
        }
    }
    return compared;
}

async function watchAll(t, server) {
    const client = await Client.connect(t, server, { keepsHistory: true });
    const subscriptions = [];
    for (const topic of TOPICS) {
        subscriptions.push(await client.subscribe(topic));
    }
    return { client, subscriptions };
}

// Goes away and comes back with `since`, again and again; the histories of all its lives together.
async function comeAndGo(t, server, isOver) {
    const result = { lives: 0, deltasFirst: 0, histories: Object.fromEntries(TOPICS.map((topic) => [topic, new Map()])) };
    let last = {};
    while (!isOver()) {
        const client = await Client.connect(t, server, { keepsHistory: true });
        const subscriptions = {};
        for (const topic of TOPICS) {
            subscriptions[topic] = await client.subscribe(topic, { from: last[topic] });
            result.deltasFirst += last[topic] && subscriptions[topic].snapshots === 0 ? 1 : 0;
        }
        await pause(300);
        await client.close();
        for (const topic of TOPICS) {
            subscriptions[topic].history.forEach((state, revision) => result.histories[topic].set(revision, state));
        }
        last = subscriptions;
        result.lives += 1;
        await pause(200);
    }
    return result;
}

test("state built from deltas equals the REST answer at the same revision, through churn, stalls and reconnects", async (t) => {
    const server = await startServer(t, { intervalMs: 60, config: { limits: { messages_per_s: 100 } } });
    const churn = startChurn(t);
    const rest = pollRest(server);
    const since = TOPICS.map((topic) => pollSince(server, topic));
    const prompt = await watchAll(t, server);
    const closely = await Client.connect(t, server, { keepsHistory: true });
    const lens = await closely.subscribe("interfaces", { interval_ms: 50 });
    assert.equal(lens.subscribed.interval_ms, 50);
    const stalled = await watchAll(t, server);
    const seldom = await Client.connect(t, server, { keepsHistory: true });
    for (const topic of TOPICS) {
        await seldom.subscribe(topic, { interval_ms: 350 });
    }

    const count = () => {
        let sum = 0;
        for (const subscription of [...prompt.subscriptions, lens]) {
            for (const revision of subscription.history.keys()) {
                sum += rest.byRevision.has(revision) ? 1 : 0;
            }
        }
        return sum;
    };
    let isOver = false;
    const comer = comeAndGo(t, server, () => isOver);
    for (let i = 0; i < 3; i += 1) {
        stalled.client.stall();
        await pause(2500);
        stalled.client.resume();
        const seen = stalled.subscriptions.map((subscription) => subscription.received);
        await until(() => stalled.subscriptions.every((s, k) => s.topic === "interfaces" || s.received > seen[k]),
            "the stalled client to catch up");
    }
    const deadline = performance.now() + 150_000;
    while (count() < COMPARISONS || churn.rounds < 10) {
        assert.ok(performance.now() < deadline, `${count()} comparisons and ${churn.rounds} rounds of churn are too few`);
        await pause(500);
    }
    isOver = true;
    const comings = await comer;
    churn.stop();
    await churn.done;
    await pause(300); // so that the last changes are in everyone's last revisions
    [rest, ...since].forEach((poll) => { poll.isOver = true; });
    await Promise.all([rest, ...since].map((poll) => poll.done));

    let compared = 0;
    for (const subscription of prompt.subscriptions) {
        compared += compare("prompt", subscription.topic, subscription.history, rest);
    }
    let others = 0;
    for (const subscription of stalled.subscriptions) {
        others += compare("stalled", subscription.topic, subscription.history, rest);
    }
    for (const subscription of seldom.byStream.values()) {
        others += compare("seldom", subscription.topic, subscription.history, rest);
    }
    const looks = compare("through a lens", "interfaces", lens.history, rest);
    TOPICS.forEach((topic, i) => {
        others += compare("come and gone", topic, comings.histories[topic], rest);
        others += compare("REST since", topic, since[i].history, rest);
    });
    t.diagnostic(`${compared} comparisons of a prompt client, ${others} of four others and ${looks} through a lens, at ${rest.byRevision.size} `
        + `revisions; ${churn.rounds} rounds of churn; ${comings.lives} connections`);
    assert.ok(compared + looks >= COMPARISONS, `${compared} and ${looks} comparisons`);
    assert.ok(others >= COMPARISONS, `${others} comparisons of the others`);
    assert.ok(looks >= COMPARISONS / 10, `${looks} comparisons through a lens`);
    assert.ok(comings.deltasFirst > 0, "no reconnect was answered with a delta");
    assert.ok(since.every((poll) => poll.patches > 0), "?since= never gave a patch");
    for (const client of [prompt.client, stalled.client, seldom, closely]) {
        await client.close();
    }
    await server.stop();
});
