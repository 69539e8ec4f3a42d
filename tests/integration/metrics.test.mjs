// /metrics: both formats are taken by the readers that people use, and say what REST says.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";

import { Client } from "../support/client.mjs";
import { addLink, addNamespace, addWire, run, start } from "../support/network.mjs";
import { startServer, temporaryFile } from "../support/server.mjs";
import { pause, until } from "../support/wait.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PYTHON = "/usr/bin/python3";
const SHORT_CONNECTIONS = fileURLToPath(new URL("../support/short_connections.py", import.meta.url));
const OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

// A program of Prometheus: installed, or unpacked by script/bootstrap.
function find(name) {
    const unpacked = path.join(root, "build/prometheus", name);
    return existsSync(unpacked) ? unpacked : spawnSync("which", [name], { encoding: "utf8" }).stdout.trim();
}
const promtool = find("promtool");
const prometheus = find("prometheus");
const hasParser = spawnSync(PYTHON, ["-c", "import prometheus_client.openmetrics.parser"]).status === 0;

// Reads a text format by the library of Prometheus for Python, into [name, labels, value as text].
const PARSE = `
import json, sys
if sys.argv[1] == "open":
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
else:
    from prometheus_client.parser import text_string_to_metric_families as parse
json.dump([[s.name, s.labels, str(s.value)] for f in parse(sys.stdin.read()) for s in f.samples], sys.stdout)
`;
function parse(format, text) {
    const result = spawnSync(PYTHON, ["-c", PARSE, format], { input: text, encoding: "utf8", env: { PYTHONIOENCODING: "utf-8", PYTHONUTF8: "1" } });
    assert.equal(result.status, 0, result.stderr);
    return JSON.parse(result.stdout);
}

// The samples of a text of ours: lines are told apart by what we write, not by all the format allows.
function samples(text) {
    return text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => {
        const [, name, labels = "", value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
        const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, written]) =>
            [key, written.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c))]);
        return { name, labels: Object.fromEntries(pairs), value };
    });
}
const valueOf = (all, name, labels = {}) => all.find((s) => s.name === name
    && Object.entries(labels).every(([key, value]) => s.labels[key] === value))?.value;

async function scrape(server) {
    const answer = await server.get("/metrics");
    assert.equal(answer.status, 200, answer.text);
    return samples(answer.text);
}

function assertClean(text) {
    const result = spawnSync(promtool, ["check", "metrics"], { input: text, encoding: "utf8" });
    assert.equal(`${result.stdout}${result.stderr}`, "");
    assert.equal(result.status, 0);
}

test("the format is the one that Accept asks for", async (t) => {
    const server = await startServer(t);
    const plain = await server.get("/metrics");
    assert.equal(plain.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(plain.headers["cache-control"], "no-store");
    assert.match(plain.headers.vary, /accept-encoding/);
    assert.match(plain.headers.vary, /accept(?!-)/);
    assert.doesNotMatch(plain.text, /# EOF|# UNIT/);
    const open = await server.get("/metrics", { headers: { accept: OPENMETRICS } });
    assert.equal(open.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert.match(open.text, /\n# EOF\n$/);
    assert.match(open.text, /\n# UNIT ifpulse_interface_receive_bytes bytes\n/);
    const packed = await server.get("/metrics", { headers: { "accept-encoding": "gzip" } });
    assert.equal(packed.headers["content-encoding"], "gzip");
    assert.deepEqual(new Set(samples(zlib.gunzipSync(packed.bytes).toString()).map((s) => s.name)), new Set(samples(plain.text).map((s) => s.name)));
    const head = await server.get("/metrics", { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(head.bytes.length, 0);
    assert.equal((await server.get("/metrics?colour=red")).status, 400);
    assert.equal((await server.get("/metrics/more")).status, 404);
    assert.equal((await server.get("/metrics", { method: "POST" })).status, 405);
    await server.stop();
});

test("readers of both formats take what is said of a network with hostile names", { skip: !(promtool && hasParser) && "no promtool or no python3-prometheus-client" }, async (t) => {
    const names = ["wörld#1?", 'q"uote', "back\\slash", "{a=b}", "plain0"];
    for (const name of names) {
        addLink(name);
    }
    addNamespace("web");
    addWire({ here: "wire0", namespace: "web" });
    const server = await startServer(t, { config: { namespaces: true } });
    start(t, [PYTHON, "-c", `import socket,time\nopen("/proc/self/comm","wb").write(b'e"v\\n\\\\i\\xff')\ns=socket.create_server(("127.0.0.1",7100))\ntime.sleep(600)`]);
    await until(async () => (await server.get("/api/v1/owners")).text.includes('e\\"v'), "the owner with the hostile name");
    const plain = await server.get("/metrics");
    const open = await server.get("/metrics", { headers: { accept: OPENMETRICS } });
    assertClean(plain.text);
    const written = JSON.parse((await server.get("/api/v1/owners")).text).data;
    const comm = Object.values(written).find((owner) => owner.process_name?.startsWith('e"v')).process_name;
    assert.equal(comm, 'e"v\n\\x5ci\\xff');
    for (const [format, text] of [["open", open.text], ["text", plain.text]]) {
        const all = parse(format, text);
        const has = (name, labels) => all.some(([n, l]) => n === name && Object.entries(labels).every(([k, v]) => l[k] === v));
        for (const name of names) {
            assert.ok(has("ifpulse_interface_receive_bytes_total", { interface: name.replace("\\", "\\x5c") }), `${format}: ${name}`);
        }
        assert.ok(has("ifpulse_interface_up", { interface: "eth0", namespace: "web" }), format);
        assert.ok(has("ifpulse_owner_info", { process_name: comm }), `${format}: ${comm}`);
        assert.equal(new Set(all.map(([n, l]) => `${n} ${JSON.stringify(Object.entries(l).sort())}`)).size, all.length, "no sample twice");
    }
    await server.stop();
});

// Both are taken at one revision, or the test asks again.
test("the values are those of REST", async (t) => {
    addNamespace("peer");
    addWire({ here: "pair0", namespace: "peer", subnet: 9 });
    const server = await startServer(t, { intervalMs: 300 });
    let rest, all;
    await until(async () => {
        rest = (await server.get("/api/v1/snapshot?topics=interfaces,server,owners,totals")).json;
        all = await scrape(server);
        return valueOf(all, "ifpulse_revisions_total") === String(rest.revision);
    }, "an answer of each at one revision");
    const { interfaces, owners, totals } = rest.data;
    const COUNTERS = {
        bytes_received: "receive_bytes_total", bytes_sent: "send_bytes_total", packets_received: "receive_packets_total",
        packets_sent: "send_packets_total", receive_errors: "receive_errors_total", send_drops: "send_drops_total",
        collisions: "collisions_total", queue_drops: "queue_drops_total", mtu: "mtu_bytes",
        carrier_changes: "carrier_changes_total", is_up: "up", is_active: "active", counted: "counted",
    };
    assert.ok(interfaces.lo.bytes_sent > 0);
    for (const [name, record] of Object.entries(interfaces)) {
        for (const [key, metric] of Object.entries(COUNTERS)) {
            const said = record[key] === undefined ? undefined : String(Number(record[key]));
            assert.equal(valueOf(all, `ifpulse_interface_${metric}`, { interface: name }), said, `${name} ${key}`);
        }
        assert.equal(valueOf(all, "ifpulse_interface_info", { interface: name, type: record.type, kind: record.kind }), "1");
    }
    assert.equal(all.filter((s) => s.name === "ifpulse_interface_up").length, Object.keys(interfaces).length);
    for (const [id, record] of Object.entries(owners)) {
        for (const [key, metric] of Object.entries({ connections: "connections", bytes_sent: "send_bytes_total", closed: "closed_total" })) {
            const said = record[key] === undefined ? undefined : String(record[key]);
            assert.equal(valueOf(all, `ifpulse_owner_${metric}`, { owner: id }), said, `${id} ${key}`);
        }
    }
    assert.equal(valueOf(all, "ifpulse_totals_connections"), String(totals.connections));
    assert.equal(valueOf(all, "ifpulse_interval_seconds"), "0.3");
    assert.equal(valueOf(all, "ifpulse_build_info", { version: rest.data.server.version }), "1");
    for (const [name, { status }] of Object.entries(rest.data.server.capabilities)) {
        assert.equal(valueOf(all, "ifpulse_capability", { capability: name, status }), status === "available" ? "1" : "0");
    }
    await server.stop();
});

test("what owners moved between two scrapes is counted whole, though nobody reads connections in between", async (t) => {
    const server = await startServer(t, { intervalMs: 200 });
    await scrape(server);
    start(t, [PYTHON, SHORT_CONNECTIONS, "seller", "serve", "127.0.0.1", "7101", "300", "1700"]);
    await until(async () => run("ss -tlnH").includes(":7101"), "the seller to listen");
    await pause(2500); // the first scrape's reading is over
    const dial = start(t, [PYTHON, SHORT_CONNECTIONS, "buyer", "dial", "127.0.0.1", "7101", "300", "1700", "200"]);
    await dial.ended;
    let all;
    await until(async () => {
        all = await scrape(server);
        return valueOf(all, "ifpulse_owner_closed_total", { owner: "process:0::seller" }) === "200";
    }, () => `200 ends: ${JSON.stringify(all.filter((s) => s.name === "ifpulse_owner_closed_total"))}`);
    assert.equal(valueOf(all, "ifpulse_owner_receive_bytes_total", { owner: "process:0::seller" }), "60000");
    assert.equal(valueOf(all, "ifpulse_owner_send_bytes_total", { owner: "process:0::seller" }), "340000");
    assert.ok(Number(valueOf(all, "ifpulse_events_total", { event: "connection_closed" })) >= 400);
    await server.stop();
});

test("the server tells what it did", async (t) => {
    const server = await startServer(t);
    const client = await Client.connect(t, server);
    let bytes = 0, messages = 0;
    client.onText = (data, message) => {
        if (message.op === "snapshot" || message.op === "delta") {
            bytes += data.length;
            messages += 1;
        }
    };
    await client.subscribe("interfaces");
    await server.get("/api/v1/interfaces/nope0");
    const before = await scrape(server);
    addLink("fresh0");
    await until(async () => Number(valueOf(await scrape(server), "ifpulse_events_total", { event: "interface_added" }))
        === Number(valueOf(before, "ifpulse_events_total", { event: "interface_added" })) + 1, "the event to be counted");
    let all;
    await until(async () => {
        all = await scrape(server);
        return valueOf(all, "ifpulse_delivered_bytes_total") === String(bytes) && valueOf(all, "ifpulse_deliveries_total") === String(messages);
    }, () => `${messages} messages of ${bytes} bytes: ${JSON.stringify(all.filter((s) => s.name.includes("deliver")))}`);
    assert.equal(valueOf(all, "ifpulse_clients"), "1");
    assert.equal(valueOf(all, "ifpulse_http_responses_total", { class: "4xx" }), "1");
    assert.ok(Number(valueOf(all, "ifpulse_encodes_total")) > 0);
    client.send("x".repeat(100_000));
    await client.closed;
    await until(async () => valueOf(await scrape(server), "ifpulse_client_closes_total", { code: "1009" }) === "1", "the close to be counted");
    all = await scrape(server);
    const stat = readFileSync(`/proc/${server.pid}/stat`, "utf8").split(") ")[1].split(" ");
    assert.ok(Number(valueOf(all, "process_cpu_seconds_total")) <= (Number(stat[11]) + Number(stat[12]) + 2) / 100);
    assert.ok(Number(valueOf(all, "process_resident_memory_bytes")) > 1e6);
    assert.ok(Number(valueOf(all, "process_open_fds")) > 3);
    assert.ok(Math.abs(Number(valueOf(all, "process_start_time_seconds")) - Date.now() / 1000) < 600);
    await server.stop();
});

const CROWD = `
import os, socket, time
for i in range(70):
    if os.fork() == 0:
        open("/proc/self/comm", "w").write(f"member{i}")
        listener = socket.create_server(("127.0.0.1", 7200 + i))
        time.sleep(600)
while True:
    time.sleep(600)
`;

test("of many owners fifty are told, and how many there are", async (t) => {
    start(t, [PYTHON, "-c", CROWD]);
    const server = await startServer(t);
    let all;
    await until(async () => {
        all = await scrape(server);
        return Number(valueOf(all, "ifpulse_owners")) >= 70;
    }, "seventy owners");
    for (const name of ["info", "connections", "listening"]) {
        assert.equal(all.filter((s) => s.name === `ifpulse_owner_${name}`).length, 50, name);
    }
    assert.ok(all.some((s) => s.name === "ifpulse_owner_info" && s.labels.process_name === "ifpulse"), "who moved bytes is among them");
    await server.stop();
});

test("Prometheus scrapes it by the example, and the dashboard asks for what there is", { skip: !(prometheus && promtool) && "no prometheus" }, async (t) => {
    addLink("scraped0");
    const server = await startServer(t);
    const example = readFileSync(path.join(root, "config/prometheus.yml"), "utf8");
    assert.equal(spawnSync(promtool, ["check", "config", path.join(root, "config/prometheus.yml")]).status, 0);
    const config = temporaryFile(t, "prometheus.yml", example
        .replace("127.0.0.1:8750", `127.0.0.1:${server.port}`).replace("15s", "1s"));
    assert.notEqual(readFileSync(config, "utf8"), example);
    const child = start(t, [prometheus, `--config.file=${config}`, `--storage.tsdb.path=${path.dirname(config)}/data`,
        "--web.listen-address=127.0.0.1:9090"]);
    const ask = async (expression) => {
        const url = `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(expression)}`;
        const answer = await fetch(url).then((response) => response.json()).catch(() => undefined); // it starts
        assert.notEqual(answer?.status, "error", `${expression}: ${answer?.error}`);
        return answer?.data.result ?? [];
    };
    await until(async () => (await ask('rate(ifpulse_interface_receive_bytes_total{interface="scraped0"}[10s])')).length === 1,
        () => `the series: ${child.output.slice(-2000)}`);
    assert.equal((await ask('up{job="ifpulse"}'))[0].value[1], "1");
    assert.equal((await ask('ifpulse_interface_info{interface="scraped0",type="virtual",kind="veth"}')).length, 1);
    assert.ok((await ask("ifpulse_owner_receive_bytes_total")).length > 0);

    const dashboard = JSON.parse(readFileSync(path.join(root, "config/grafana-dashboard.json"), "utf8"));
    const names = new Set(samples((await server.get("/metrics")).text).map((s) => s.name));
    const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);
    assert.ok(targets.length > 20);
    for (const { expr, datasource } of targets) {
        assert.equal(datasource.uid, "${datasource}");
        const used = expr.match(/\b(?:ifpulse|process)_[a-z_]+/g).filter((name) => name !== "process_name");
        assert.ok(used.length > 0, expr);
        for (const name of used) {
            assert.ok(names.has(name), `${name}, of ${expr}`);
        }
        await ask(expr.replaceAll("$__rate_interval", "10s").replaceAll(/\$(instance|interface)/g, ".*"));
    }
    for (const { definition } of dashboard.templating.list.filter((variable) => variable.type === "query")) {
        assert.ok(names.has(/label_values\(([a-z_]+)/.exec(definition)[1]), definition);
    }
    assert.equal(new Set(dashboard.panels.map((panel) => panel.id)).size, dashboard.panels.length);
    for (const { title, gridPos } of dashboard.panels) {
        assert.ok(gridPos.x + gridPos.w <= 24, title);
    }
    await server.stop();
});
