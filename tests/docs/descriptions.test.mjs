// The formal descriptions by themselves: that they are what they say they are, name all there is, and
// that what is wrong with one is found.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { asyncapi, faultOfAnswer, faultOfMessage, lint, openapi, pathOf } from "../support/descriptions.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sourceOf = (folder) => readdirSync(root + folder).filter((name) => name.endsWith(".c"))
    .map((name) => readFileSync(`${root}${folder}/${name}`, "utf8").replace(/\s+/g, " ")).join(" ");
const found = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, word]) => word))].sort();

for (const name of ["openapi", "asyncapi"]) {
    test(`${name}.yaml is well made`, async () => {
        assert.deepEqual(await lint(name), []);
    });
}

test("what is not well made is found", async () => {
    const spoil = async (name, from, to) => {
        const text = readFileSync(pathOf(name), "utf8");
        assert.ok(text.includes(from), from);
        return lint(name, text.replace(from, to));
    };
    for (const [name, from, to] of [
        ["openapi", "operationId: getTotals", "operationId: getOwners"],
        ["openapi", "schema.yaml#/$defs/InterfaceField", "schema.yaml#/$defs/NoSuchField"],
        ["openapi", "in: query", "in: qeury"],
        ["asyncapi", "action: send", "action: shout"],
        ["asyncapi", "schema.yaml#/$defs/Interfaces", "schema.yaml#/$defs/NoSuch"],
        ["asyncapi", "    host: 127.0.0.1:8750\n", ""],
        ["asyncapi", "#/components/messages/hello", "#/components/messages/hallo"],
    ])
        assert.notDeepEqual(await spoil(name, from, to), [], `${name}: ${to}`);
});

test("both are of the version that is built", () => {
    const [, version] = /project\(ifpulse VERSION (\S+)/.exec(readFileSync(`${root}CMakeLists.txt`, "utf8"));
    assert.deepEqual([openapi.info.version, asyncapi.info.version], [version, version]);
});

test("openapi.yaml has every route, and no other", () => {
    const routes = found(sourceOf("server/serve"), /\{"(\/[a-z0-9/.]+)", (?:api_)?answer_/g).map((path) => path.replace(/\/$/, "/{name}"));
    assert.ok(routes.length >= 10, `only found in the source: ${routes}`);
    assert.deepEqual(Object.keys(openapi.paths).sort(), routes.sort());
});

test("asyncapi.yaml has every op and every error", () => {
    const stream = `${sourceOf("server/stream")} ${sourceOf("server/serve")}`;
    const { messages, schemas } = asyncapi.components;
    const taken = found(stream, /\{"([a-z]+)", COMMAND_[A-Z]+, /g);
    const sent = found(stream, /\{\\"op\\":\\"([a-z]+)\\"/g).concat("snapshot", "delta");
    assert.ok(taken.length >= 4 && sent.length >= 6, `only found in the source: ${taken} and ${sent}`);
    assert.deepEqual([...new Set(Object.values(messages).map(({ name }) => name))].sort(), [...new Set([...taken, ...sent])].sort());
    const errors = found(stream, /(?:REFUSE\(|command_refuse\( ?)&?refusal, "([a-z_]+)"/g).concat(found(stream, /\{"[a-z_]+", "(bad_[a-z]+)"\}/g));
    for (const code of errors)
        assert.ok(messages.error.payload.properties.code.enum.includes(code), `asyncapi.yaml has no error ${code}`);
    assert.ok(schemas.Topic.enum.length >= 6);
});

// What must not pass: without these nobody would know whether the validators look at anything.
const NOW = "2026-01-31T12:00:00.876Z";
const hello = {
    op: "hello", protocol: "ifpulse.v1", instance: "69685e5c", version: "0.1.0", interval_ms: 1000,
    limits: { subscriptions: 32, message_bytes: 16384, messages_per_s: 10, message_burst: 50 },
};
const delta = { op: "delta", stream: 3, since: 41, revision: 42, time: NOW, count: 20, patch: { 17: { bytes_sent: 1, pid: null }, 18: null } };
const snapshot = { op: "snapshot", stream: 1, revision: 42, time: NOW, count: 1, data: { lo: { name: "lo", addresses: ["127.0.0.1/8"] } } };
const history = { op: "history", stream: 1, step_ms: 1000, end: NOW, series: { lo: { upload_speed: [null, 0, 1.5], upload_speed_max: [null, 0, 2] } } };
const answer = {
    status: 200, headers: { "content-type": "application/json", etag: '"69685e5c-3"' }, text: "{}",
    json: { instance: "69685e5c", revision: 3, time: NOW, count: 1, data: { lo: { name: "lo", mtu: 65536 } } },
};

test("the validators take what is right and nothing else of a message", () => {
    const RIGHT = [
        ["hello", hello], ["connectionsDelta", delta], ["interfacesSnapshot", snapshot],
        ["connectionsDelta", { ...delta, part: 1, parts: 2 }],
        ["history", history],
        ["subscribe", { op: "subscribe", id: 1, topic: "totals", history_s: 86400 }],
        ["totalsDelta", { ...delta, count: undefined, patch: { upload_speed: null } }],
        ["subscribe", { op: "subscribe", id: 1, topic: "connections", filter: { port: [80, 443], process_name: "ngin?" }, sort: "-rtt_ms", limit: 5, fields: ["pid"], compress: "deflate" }],
    ];
    for (const name of Object.keys(asyncapi.components.messages))
        assert.notEqual(faultOfMessage(name, {}), "", name);
    for (const [name, message] of RIGHT)
        assert.equal(faultOfMessage(name, JSON.parse(JSON.stringify(message))), "", name);
    const WRONG = [
        ["hello", { ...hello, motd: "hi" }],
        ["history", { ...history, series: { lo: { mtu: [1] } } }],
        ["history", { ...history, series: { lo: { drop_rate: ["1"] } } }],
        ["subscribe", { op: "subscribe", id: 1, topic: "events", history_s: 60 }],
        ["subscribe", { op: "subscribe", id: 1, topic: "totals", history_s: 0 }],
        ["hello", { ...hello, limits: { ...hello.limits, more: 1 } }],
        ["hello", { ...hello, instance: undefined }],
        ["connectionsDelta", { ...delta, count: undefined }],
        ["connectionsDelta", { ...delta, since: undefined }],
        ["connectionsDelta", { ...delta, part: 1 }],
        ["connectionsDelta", { ...delta, extra: 1 }],
        ["connectionsDelta", { ...delta, time: "yesterday" }],
        ["connectionsDelta", { ...delta, patch: { 17: { bytes_snet: 1 } } }],
        ["connectionsDelta", { ...delta, patch: { 17: { bytes_sent: "1" } } }],
        ["connectionsDelta", { ...delta, patch: { 17: { state: "open" } } }],
        ["connectionsDelta", { ...delta, patch: { eth0: { bytes_sent: 1 } } }],
        ["interfacesSnapshot", { ...snapshot, data: { lo: null } }],
        ["interfacesSnapshot", { ...snapshot, data: { lo: { mtu: null } } }],
        ["interfacesSnapshot", { ...snapshot, data: { lo: { addresses: ["home"] } } }],
        ["interfacesSnapshot", { ...snapshot, data: { lo: { download_speed: -1 } } }],
        ["interfacesSnapshot", { ...snapshot, data: { lo: { remote_port: 1 } } }],
        ["interfacesSnapshot", { ...snapshot, since: 3 }],
        ["totalsDelta", { ...delta, patch: {} }],
        ["subscribe", { op: "subscribe", id: 1, topic: "interfaces", filter: { port: 80 } }],
        ["subscribe", { op: "subscribe", id: 1, topic: "totals", sort: "upload_speed" }],
        ["subscribe", { op: "subscribe", id: 1, topic: "owners", sort: "-pids" }],
        ["subscribe", { op: "subscribe", id: 1, topic: "weather" }],
        ["error", { op: "error", code: "bad_luck", message: "x" }],
    ];
    for (const [name, message] of WRONG)
        assert.notEqual(faultOfMessage(name, JSON.parse(JSON.stringify(message))), "", `${name} ${JSON.stringify(message)}`);
});

test("the validators take what is right and nothing else of an answer", () => {
    const spoil = (json, rest) => ({ ...answer, ...rest, json: JSON.parse(JSON.stringify({ ...answer.json, ...json })) });
    const path = "/api/v1/interfaces";
    assert.equal(faultOfAnswer(path, answer), "");
    assert.equal(faultOfAnswer(path, spoil({ data: undefined, since: 2, patch: { lo: { mtu: null }, eth0: null } })), "");
    const WRONG = [
        spoil({ extra: 1 }), spoil({ count: undefined }), spoil({ data: undefined }), spoil({ patch: {} }),
        spoil({ data: { lo: { colour: "red" } } }), spoil({ data: { lo: null } }), spoil({ time: "2026-01-31 12:00:00" }),
        spoil({}, { status: 201 }), spoil({}, { headers: { "content-type": "application/json" } }),
        spoil({}, { headers: { ...answer.headers, "content-type": "text/html" } }),
    ];
    for (const wrong of WRONG)
        assert.notEqual(faultOfAnswer(path, wrong), "", JSON.stringify(wrong));
    assert.notEqual(faultOfAnswer("/api/v1/totals", answer), "", "totals have no count");
    const problem = { status: 404, headers: { "content-type": "application/problem+json" }, text: "{}", json: { type: "/problems/not-found", title: "Not found", status: 404, detail: "?" } };
    assert.equal(faultOfAnswer("/api/v1/interfaces/{name}", problem), "");
    assert.notEqual(faultOfAnswer("/api/v1/interfaces/{name}", { ...problem, json: { ...problem.json, hint: 1 } }), "");
});
