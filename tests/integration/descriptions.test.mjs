// What the server really says, held against openapi.yaml and asyncapi.yaml: every address, every op,
// every topic, over a network that does not hold still. A member that is not described fails.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { startChurn } from "../support/churn.mjs";
import { Client } from "../support/client.mjs";
import { asyncapi, faultOfAnswer, faultOfMessage, nameOfMessage, openapi, parametersOf, pathOf, resolve } from "../support/descriptions.mjs";
import { addLink } from "../support/network.mjs";
import { IFPULSE_FAKE, startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const TOPICS = asyncapi.components.schemas.Topic.enum;
const COLLECTIONS = ["interfaces", "connections", "owners", "events"];
const PATHS = Object.keys(openapi.paths);

// A client all of whose messages, both ways, are held against asyncapi.yaml. heard: how many of each
// there were; nulls: how many patches made a field or a record unknown.
async function connect(t, server) {
    const client = await Client.connect(t, server);
    client.heard = new Map();
    client.shapes = { nulls: 0, removed: 0, parts: 0 };
    const hold = (message) => {
        const subscription = client.byStream.get(message.stream) ?? client.byId.get(message.id);
        const name = nameOfMessage(message, subscription?.topic);
        const fault = faultOfMessage(name, message);
        if (fault) {
            client.violations.push(`${fault}: ${name} ${JSON.stringify(message).slice(0, 2000)}`);
        }
        client.heard.set(name, (client.heard.get(name) ?? 0) + 1);
        client.shapes.parts += message.parts ? 1 : 0;
        for (const record of Object.values(message.patch ?? {})) {
            client.shapes.removed += record === null ? 1 : 0;
            client.shapes.nulls += record && Object.values(record).includes(null) ? 1 : 0;
        }
    };
    hold(client.hello);
    client.onText = (_, message) => hold(message);
    const send = client.send.bind(client);
    client.send = (message) => {
        if (!client.isWrong) {
            assert.equal(faultOfMessage(message.op, message), "", JSON.stringify(message));
        }
        send(message);
    };
    return client;
}

test("every message of the stream is as asyncapi.yaml has it", async (t) => {
    addLink("steady");
    const server = await startServer(t, { intervalMs: 50 });
    const client = await connect(t, server);
    const churn = startChurn(t);
    for (const topic of TOPICS) {
        await client.subscribe(topic, topic === "totals" ? { history_s: 60 } : {});
    }
    const closed = await client.subscribe("events", { filter: { event: ["connection_closed", "link_down"] } });
    client.send({ op: "ping" });
    client.send({ op: "ping", data: "\u0001 \\ \u{1f310}" });
    client.send({ op: "authenticate", token: "nobody asks for it" });
    await until(() => client.pongs.length === 2, "two pongs");
    client.isWrong = true;
    const WRONG = ["{", { op: "dance" }, { op: "subscribe", id: 90, topic: "weather" }, { op: "subscribe", id: 1, topic: "totals" },
        { op: "subscribe", id: 91, topic: "totals" }, { op: "unsubscribe", id: 92 }, { op: "subscribe", id: 93, topic: "totals", interval_ms: 1 }];
    for (const message of WRONG) {
        await client.provoke(message);
    }
    client.isWrong = false;
    const all = TOPICS.flatMap((topic) => [`${topic}Snapshot`, `${topic}Delta`]);
    await until(() => client.shapes.nulls > 0 && client.shapes.removed > 0 && all.every((name) => client.heard.has(name)),
        () => `everything to be said: ${JSON.stringify([...client.heard])} ${JSON.stringify(client.shapes)}`);
    client.send({ op: "unsubscribe", id: closed.request.id });
    await until(() => closed.isComplete, "complete");
    churn.stop();
    await churn.done;

    const { interfaces } = Object.fromEntries([...client.byId.values()].map((subscription) => [subscription.topic, subscription]));
    const back = await connect(t, server);
    const resumed = await back.subscribe("interfaces", { from: interfaces, interval_ms: 100 });
    assert.equal(resumed.snapshots, 0);
    await back.close();
    await client.close();
    await server.stop();
    const taken = ["subscribe", "unsubscribe", "ping", "authenticate"];
    assert.deepEqual(Object.keys(asyncapi.components.messages).filter((name) => !taken.includes(name) && !client.heard.has(name)), [],
        "described and never said");
});

test("parts, and all that the scripted network has, are as the descriptions have them", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 100 });
    const client = await connect(t, server);
    await client.subscribe("interfaces");
    const connections = await client.subscribe("connections");
    await until(() => client.shapes.parts >= 4 && connections.deltas >= 3, "parts and deltas");
    await client.close();
    const { json } = await server.get("/api/v1/interfaces");
    for (const path of PATHS) {
        const answer = await server.get(path.replace("{name}", encodeURIComponent(Object.keys(json.data)[0])));
        assert.equal(faultOfAnswer(path, answer), "", path);
    }
    await server.stop();
});

test("every answer over HTTP is as openapi.yaml has it", async (t) => {
    addLink("lan");
    const server = await startServer(t, { intervalMs: 50 });
    const ask = async (path, { name = "lan", query = "", status = 200, ...options } = {}) => {
        const answer = await server.get(path.replace("{name}", name) + query, options);
        assert.equal(answer.status, status, `${path}${query}: ${answer.text}`);
        assert.equal(faultOfAnswer(path, answer), "", `${path}${query}: ${answer.text.slice(0, 2000)}`);
        return answer;
    };
    const [{ revision, instance }, churn] = [(await ask("/api/v1/snapshot")).json, startChurn(t)];
    await until(() => churn.rounds >= 1, "some churn");
    for (const path of PATHS) {
        const isStream = path.endsWith("/stream");
        const { headers, json } = await ask(path, { status: isStream ? 426 : 200 });
        if (headers.etag && !json) {
            await ask(path, { status: 304, headers: { "if-none-match": headers.etag } });
        }
        if (json?.data) {
            const { json: changes } = await ask(path, { query: `?since=${revision}&instance=${instance}` });
            assert.ok(changes.patch, path);
            await ask(path, { query: `?since=${revision}&instance=deadbeef` });
        }
        await ask(path, { query: "?colour=red", status: 400 });
    }
    churn.stop();
    await churn.done;
    await ask("/api/v1/interfaces/{name}", { name: "nosuch0", status: 404 });
    await ask("/api/v1/snapshot", { query: `?topics=${TOPICS}` });
    await ask("/api/v1/snapshot", { query: `?topics=${TOPICS}&since=${revision}&instance=${instance}` });
    await ask("/api/v1/snapshot", { query: "?topics=weather", status: 400 });
    await ask("/api/v1/owners", { status: 403, headers: { host: "elsewhere.example" }, setHost: false });
    const posted = await server.get("/api/v1/owners", { method: "POST" });
    assert.equal(faultOfAnswer("/api/v1/owners", posted), "");
    await server.stop();
});

// A value that the schema allows, as it is written in a query.
function exampleOf(schema) {
    const { $ref, type, items, enum: words, minimum = 1, format } = schema;
    if ($ref) {
        return $ref.endsWith("/Network") ? "10.0.0.0/8" : exampleOf(resolve(schema));
    }
    const byType = { integer: String(minimum), number: "1.5", boolean: "true", string: format ? "2026-01-31T12:00:00.876Z" : "x" };
    return words?.at(-1) ?? (type === "array" ? exampleOf(items) : byType[type]);
}

test("the parameters of openapi.yaml are those that the server takes", async (t) => {
    const server = await startServer(t);
    let taken = 0;
    for (const path of PATHS) {
        const described = new Map(parametersOf(path).map(({ name, schema }) => [name, schema]));
        const others = ["topics", "since", "fields", "sort", "limit", "is_up", "port"].filter((name) => !described.has(name));
        for (const name of [...described.keys(), ...others]) {
            const value = encodeURIComponent(exampleOf(described.get(name) ?? { type: "integer" }));
            const { status, text } = await server.get(`${path.replace("{name}", "lo")}?${name}=${value}${name === "instance" ? "&since=1" : ""}`);
            const isNobody = status === 404 && /no history of/.test(text); // taken, and of nobody here
            assert.equal(isNobody ? 200 : status, described.has(name) ? 200 : 400, `${path}?${name}=${value}: ${text.slice(0, 500)}`);
            taken += described.has(name) ? 1 : 0;
        }
    }
    assert.ok(taken > 100, `${taken} taken`);
    // And the server knows no filter that is not described.
    for (const topic of COLLECTIONS) {
        const { json } = await server.get(`/api/v1/${topic}?no-such-parameter=1`);
        const [, listed] = /there are: (.*)\.$/.exec(json.detail);
        const others = ["fields", "sort", "limit", "since", "instance"];
        const described = parametersOf(`/api/v1/${topic}`).map(({ name }) => name).filter((name) => !others.includes(name));
        assert.deepEqual(listed.split(", ").sort(), described.sort());
    }
    await server.stop();
});

test("parts of the network, on the stream and over HTTP, are as the descriptions have them", async (t) => {
    const server = await startServer(t, { program: IFPULSE_FAKE, intervalMs: 100 });
    const client = await connect(t, server);
    const QUERIES = [
        ["connections", { filter: { state: ["established", "listen"], address: "::/0" }, sort: "-download_speed", limit: 100, compress: "deflate" }],
        ["connections", { filter: { process_name: "*", port: [443, 22, 80] }, fields: ["state"] }],
        ["interfaces", { fields: ["name", "addresses"], sort: "name", limit: 3, compress: "deflate" }],
        ["interfaces", { filter: { is_up: true, address: ["0.0.0.0/0", "::/0"] } }],
        ["owners", { filter: { kind: "process" }, sort: "-connections", limit: 1 }],
        ["totals", { fields: ["download_speed", "connections"] }],
        ["server", { fields: ["capabilities"], compress: "deflate" }],
        ["events", { filter: { event: ["link_up", "drops"] }, sort: "-time", limit: 50 }],
    ];
    const subscriptions = [];
    for (const [topic, query] of QUERIES) {
        subscriptions.push(await client.subscribe(topic, JSON.parse(JSON.stringify(query))));
    }
    await until(() => subscriptions.slice(0, 2).every(({ deltas, snapshots }) => deltas + snapshots >= 3), "deltas");
    assert.ok(client.deflated > 0 && client.heard.get("connectionsDelta") > 2);
    await client.close();
    for (const query of ["connections?state=established,listen&port=443,22&sort=-download_speed&limit=100&fields=state,rtt_ms",
        "interfaces?is_up=true&address=0.0.0.0/0,::/0", "owners?sort=-connections&limit=1", "events?event=link_up&sort=-time"]) {
        const answer = await server.get(`/api/v1/${query}`);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(faultOfAnswer(`/api/v1/${query.split("?")[0]}`, answer), "", query);
    }
    for (const query of ["connections?state=open", "connections?limit=0", "owners?sort=pids", "interfaces?fields=", "totals?sort=upload_speed"]) {
        const answer = await server.get(`/api/v1/${query}`);
        assert.equal(answer.status, 400, answer.text);
        assert.equal(faultOfAnswer(`/api/v1/${query.split("?")[0]}`, answer), "", query);
    }
    await server.stop();
});

// The stream takes every filter, order and field that asyncapi.yaml has, in values of the field's type.
test("what asyncapi.yaml allows in subscribe is taken", async (t) => {
    const server = await startServer(t, { config: { limits: { messages_per_s: 1000, message_burst: 10_000 } } });
    const client = await connect(t, server);
    const branches = asyncapi.components.messages.subscribe.payload.oneOf.map(({ properties }) => properties);
    const typed = (schema) => {
        const text = exampleOf(schema);
        const { type } = resolve(schema);
        return ["integer", "number", "boolean"].includes(type) ? JSON.parse(text) : text;
    };
    for (const { topic: { const: topic }, filter, fields, sort } of branches) {
        const filters = filter ? Object.entries(resolve(filter).properties).map(([name, { anyOf: [value] }]) => [name, typed(value)]) : [];
        const wishes = [{ fields: resolve(fields.items).enum }, ...(sort ? resolve(sort).enum.map((order) => ({ sort: order })) : []),
            ...filters.flatMap(([name, value]) => [{ filter: { [name]: value } }, { filter: { [name]: [value, value] } }])];
        for (const [i, wish] of wishes.entries()) {
            const { request } = client.request(topic, wish);
            client.send({ op: "unsubscribe", id: request.id });
            if (i % 10 === 9 || i === wishes.length - 1) { // who asks on and on without reading is sent away
                assert.ok(await client.isServed(), JSON.stringify(client.end));
            }
        }
        const refused = client.errors.map(({ id, message }) => `${JSON.stringify(client.byId.get(id).request)}: ${message}`);
        assert.deepEqual(refused, []);
        assert.ok(wishes.length > 1 || !sort, topic);
    }
    const open = [...client.byId.values()].filter(({ isComplete }) => !isComplete);
    assert.deepEqual(open.map(({ request }) => request), []);
    await client.close();
    await server.stop();
});

test("the server has the descriptions that stand in docs", async (t) => {
    const server = await startServer(t);
    for (const name of ["openapi", "asyncapi", "schema"]) {
        const { text, headers } = await server.get(`/api/v1/${name}.yaml`);
        assert.equal(headers["content-type"], "application/yaml");
        assert.equal(text, readFileSync(pathOf(name), "utf8"));
    }
    await server.stop();
});
