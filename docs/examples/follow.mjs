// Prints the state of a topic as a line of JSON whenever it changes, and comes back by itself:
//   node follow.mjs [ADDRESS:PORT [TOPIC]]        with a token, where one is needed, in IFPULSE_TOKEN
// For Node.js 22 and browsers as it is; before Node.js 22, npm install ws first.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).default;
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

export function merge(target, patch) { // RFC 7396
    if (!isObject(patch)) return patch;
    const result = isObject(target) ? target : Object.create(null);
    for (const [name, value] of Object.entries(patch))
        if (value === null) delete result[name];
        else result[name] = merge(result[name], value);
    return result;
}

// query: what subscribe takes, such as { topic: "owners", limit: 10 }. changed(state, revision)
export function follow(address, query, changed, token) {
    let held, failures = 0; // held: instance, revision and state, also while there is no line
    (function connect() {
        const socket = new WebSocket(`ws://${address}/api/v1/stream`, "ifpulse.v1");
        const say = (message) => socket.send(JSON.stringify(message));
        let instance, pieces, silence, patience = 15_000; // an empty delta comes every 5 s
        const end = (code, why) => {
            clearTimeout(silence);
            socket.onmessage = socket.onclose = null;
            socket.close();
            const pause = Math.random() * Math.min(30_000, 500 * 2 ** failures++);
            const isFinal = code === 1009 || (code >= 4400 && code < 4500); // we are at fault
            console.error(`${code} ${why}${isFinal ? "" : `; again in ${Math.round(pause)} ms`}`);
            if (!isFinal) setTimeout(connect, pause);
            else if (globalThis.process) process.exitCode = 1;
        };
        const startAnew = () => { held = undefined; end(1000, "what came does not fit"); };
        const take = ({ op, part = 1, parts = 1, since, revision, count, data, patch }) => {
            pieces = part === 1 ? [] : pieces;
            pieces.push(data ?? patch);
            if (part < parts) return;
            if (op === "delta" && since !== held?.revision) return startAnew();
            const state = pieces.reduce(merge, op === "delta" ? held.state : undefined);
            if (count !== undefined && count !== Object.keys(state).length) return startAnew();
            held = { instance, revision, state };
            failures = 0;
            changed(state, revision);
        };
        socket.onmessage = ({ data }) => {
            const message = JSON.parse(data);
            clearTimeout(silence);
            silence = setTimeout(end, patience, 1006, "nothing comes any more");
            if (message.op === "hello") {
                instance = message.instance;
                if (token) say({ op: "authenticate", token });
                const since = held && { instance: held.instance, revision: held.revision };
                say({ op: "subscribe", id: 1, ...query, since });
            } else if (message.op === "subscribed") patience = Math.max(patience, 3 * message.interval_ms);
            else if (message.op === "error") end(4400, `${message.code}: ${message.message}`);
            else if (message.op === "snapshot" || message.op === "delta") take(message);
        };
        socket.onerror = () => {}; // a close follows
        socket.onclose = ({ code, reason }) => end(code, reason || "the line is lost");
    })();
}

if (globalThis.process?.argv) {
    const [address = "127.0.0.1:8750", topic = "totals"] = process.argv.slice(2);
    const print = (state, revision) => console.log(JSON.stringify({ revision, state }));
    follow(address, { topic }, print, process.env.IFPULSE_TOKEN);
}
