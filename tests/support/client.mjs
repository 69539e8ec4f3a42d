// A client of the stream, on npm's ws: it follows the protocol to the letter and holds the server to
// it. Whatever breaks a rule of the protocol is kept in .violations, which close() asserts empty.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { inflateRawSync } from "node:zlib";

import { merge } from "./merge.mjs";
import { until, within } from "./wait.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
export const WebSocket = require("ws");

export const MESSAGE_BYTES_MAX = 64 * 1024;
const DEFLATED_FROM_BYTES = 1024;
const COLLECTIONS = new Set(["interfaces", "connections", "owners", "events"]);

// What one subscription has received, merged.
class Subscription {
    constructor(client, request) {
        this.client = client;
        this.request = request;
        this.topic = request.topic;
        this.state = undefined; // until the first snapshot or delta
        this.revision = 0;
        this.history = new Map(); // revision -> state, where the test asked for it
        this.snapshots = 0;
        this.deltas = 0;
        this.empties = 0;
        this.parts = 0;
        this.isComplete = false;
    }

    resume(state, revision) {
        this.state = state;
        this.revision = revision;
    }

    // What the rates were, or a part of it. It comes once, where it was asked for, before the state.
    takeHistory({ part = 1, parts = 1, series, step_ms, end }) {
        const before = this.past;
        if (!this.request.history_s || this.received > 0 || part !== (before?.part ?? 0) + 1 || (before && before.parts !== parts)) {
            this.client.violations.push(`${this.topic}: part ${part} of ${parts} of a history`);
        }
        this.past = { part, parts, step_ms, end, series: merge(before?.series ?? {}, series) };
    }

    // One snapshot or delta, or one part of it. The state is complete after the last part.
    take(message) {
        const { part = 1, parts = 1 } = message;
        this.#checkOrder(message, part, parts);
        const isSnapshot = message.op === "snapshot";
        if (part === 1) {
            this.draft = isSnapshot ? Object.create(null) : this.state ?? {};
        }
        this.draft = merge(this.draft, isSnapshot ? message.data : message.patch);
        if (this.client.repeats) { // which must change nothing
            this.draft = merge(this.draft, isSnapshot ? message.data : message.patch);
        }
        this.lastPart = part;
        this.parts += parts > 1 ? 1 : 0;
        if (part < parts) {
            return;
        }
        this.lastPart = 0;
        this.state = this.draft;
        this.revision = message.revision;
        this.time = message.time;
        this.snapshots += isSnapshot ? 1 : 0;
        this.deltas += isSnapshot ? 0 : 1;
        this.empties += !isSnapshot && parts === 1 && Object.keys(message.patch).length === 0 ? 1 : 0;
        this.#checkCount(message);
        if (this.client.keepsHistory) {
            this.history.set(this.revision, this.state);
        }
        this.onState?.(this, message);
    }

    #checkOrder(message, part, parts) {
        const breaks = (words) => this.client.violations.push(`${this.topic}: ${words}`);
        if (message.op === "delta" && this.state === undefined) {
            breaks("a delta before any snapshot");
        }
        if (message.op === "delta" && message.since !== this.revision) {
            breaks(`delta since ${message.since} at revision ${this.revision}`);
        }
        if (message.revision < this.revision || (message.op === "delta" && message.revision === this.revision && message.since !== message.revision)) {
            breaks(`revision ${message.revision} after ${this.revision}`);
        }
        if (part !== (this.lastPart ?? 0) + 1 || part > parts) {
            breaks(`part ${part} of ${parts} after part ${this.lastPart}`);
        }
        if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(message.time)) {
            breaks(`time is ${message.time}`);
        }
    }

    #checkCount(message) {
        const expected = COLLECTIONS.has(this.topic) ? Object.keys(this.state).length : undefined;
        if (message.count !== expected) {
            this.client.violations.push(
                `${this.topic}: count ${message.count} with ${expected} records at revision ${this.revision}`);
        }
    }

    get received() {
        return this.snapshots + this.deltas;
    }

    // Resolves when the state (again) fulfils test; from its next change on, when isLater.
    reaches(test, what) {
        return until(() => this.state !== undefined && test(this.state), () =>
            `${what}; the ${this.topic} are ${JSON.stringify(this.state)?.slice(0, 2000)}`);
    }
}

export class Client {
    constructor(t, server, { scheme, target = "/api/v1/stream", subprotocol = "ifpulse.v1", keepsHistory = false, repeats = false, options } = {}) {
        this.violations = [];
        this.errors = []; // the server's error messages, in order
        this.pongs = [];
        this.byStream = new Map();
        this.byId = new Map();
        this.lastId = 0;
        this.keepsHistory = keepsHistory;
        this.repeats = repeats; // applies all that it gets twice
        this.deflated = 0;
        this.onText = undefined; // sees each message as it came
        this.socket = new WebSocket(`${scheme ?? (server.isTls ? "wss" : "ws")}://${server.host}:${server.port}${target}`, subprotocol,
            { perMessageDeflate: false, rejectUnauthorized: false, ...options });
        this.closed = new Promise((done) => {
            this.socket.on("close", (code, reason) => {
                this.end = { code, reason: reason.toString() };
                done(this.end);
            });
        });
        this.socket.on("error", (error) => { this.failure = error; });
        this.socket.on("message", (data, isBinary) => this.#take(data, isBinary));
        t.after(() => this.socket.terminate());
    }

    // Connects and awaits the hello.
    static async connect(t, server, options) {
        const client = new Client(t, server, options);
        await until(() => client.hello || client.end, "the hello");
        assert.ok(client.hello, `closed before the hello: ${client.failure} ${JSON.stringify(client.end)}`);
        return client;
    }

    #take(data, isBinary) {
        const text = isBinary ? inflateRawSync(data) : data;
        if (text.length > MESSAGE_BYTES_MAX) {
            this.violations.push(`a message of ${text.length} bytes`);
        }
        const message = JSON.parse(text.toString());
        this.#checkForm(message, text.length, isBinary);
        this.onText?.(data, message);
        this.#takeMessage(message);
    }

    // What was asked to come deflated does, where it is long, and nothing else.
    #checkForm(message, length, isBinary) {
        const asked = this.byStream.get(message.stream)?.request.compress === "deflate";
        this.deflated += isBinary ? 1 : 0;
        if (isBinary !== (asked && length >= DEFLATED_FROM_BYTES)) {
            this.violations.push(`a ${message.op} of ${length} bytes came ${isBinary ? "deflated" : "as text"}`);
        }
    }

    #takeMessage(message) {
        switch (message.op) {
        case "hello":
            this.hello = message;
            break;
        case "subscribed": {
            const subscription = this.byId.get(message.id);
            subscription.subscribed = message;
            subscription.stream = message.stream;
            this.byStream.set(message.stream, subscription);
            break;
        }
        case "snapshot":
        case "delta": {
            const subscription = this.byStream.get(message.stream);
            if (subscription) {
                subscription.take(message);
            } else {
                this.violations.push(`a ${message.op} of stream ${message.stream}, which is not subscribed`);
            }
            break;
        }
        case "history":
            this.byStream.get(message.stream)?.takeHistory(message);
            break;
        case "complete": {
            const subscription = this.byId.get(message.id);
            subscription.isComplete = true;
            this.byStream.delete(subscription.stream);
            break;
        }
        case "error":
            this.errors.push(message);
            break;
        case "pong":
            this.pongs.push(message);
            break;
        default:
            this.violations.push(`unknown op ${message.op}`);
        }
    }

    send(message) {
        this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
    }

    // Asks for a topic and does not wait. `from`: a subscription (of an earlier connection) to go
    // on from.
    request(topic, { from, ...options } = {}) {
        this.lastId += 1;
        const request = { op: "subscribe", id: this.lastId, topic, ...options };
        const subscription = new Subscription(this, request);
        if (from) {
            request.since = { instance: from.client.hello.instance, revision: from.revision };
            subscription.resume(from.state, from.revision);
        }
        this.byId.set(this.lastId, subscription);
        this.send(request);
        return subscription;
    }

    // Asks for a topic and waits for its first state.
    async subscribe(topic, options) {
        const subscription = this.request(topic, options);
        await until(() => subscription.received > 0 || this.errors.length || this.end, `the first ${topic}`);
        assert.equal(this.errors.length, 0, JSON.stringify(this.errors[0]));
        assert.equal(this.end, undefined, `closed: ${JSON.stringify(this.end)}`);
        return subscription;
    }

    // Sends something wrong and awaits the error that answers it.
    async provoke(message) {
        const before = this.errors.length;
        this.send(message);
        await until(() => this.errors.length > before || this.end, `an error for ${JSON.stringify(message)}`);
        assert.ok(this.errors.length > before, `closed without an error: ${JSON.stringify(this.end)}`);
        return this.errors[before];
    }

    // Whether the connection still serves: a ping comes back.
    async isServed() {
        const data = `served ${this.pongs.length}`;
        this.send({ op: "ping", data });
        await until(() => this.pongs.some((pong) => pong.data === data) || this.end, "a pong");
        return this.end === undefined;
    }

    // Stops reading (the kernel's buffers fill up), and goes on.
    stall() {
        this.socket.pause();
    }

    resume() {
        this.socket.resume();
    }

    // Ends the connection politely and asserts that the server broke no rule on it.
    async close() {
        assert.deepEqual(this.violations, []);
        this.socket.close(1000);
        await within(this.closed, "the server's close");
    }
}
