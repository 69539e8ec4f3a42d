// The examples for reverse proxies in config/, behind the real nginx and Caddy, as they stand there but
// for the certificate's place.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Client } from "../support/client.mjs";
import { run, start } from "../support/network.mjs";
import { launchServer, temporaryFile } from "../support/server.mjs";
import { until, within } from "../support/wait.mjs";

const example = (name) => readFileSync(fileURLToPath(new URL(`../../config/${name}`, import.meta.url)), "utf8");
const NAME = "status.example";
const ORIGIN = `https://${NAME}`;

// What the comment at the head of an example tells the reader to put into the configuration.
function settingsIn(text) {
    const lines = text.split("\n").filter((line) => /^# {3}"/.test(line)).map((line) => line.slice(1));
    return JSON.parse(`{${lines.join("\n")}}`);
}

function folderFor(t) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "ifpulse-proxy-"));
    t.after(() => rmSync(folder, { recursive: true }));
    return folder;
}

function startNginx(t, program) {
    const folder = folderFor(t);
    run(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${NAME} -keyout ${folder}/key -out ${folder}/certificate`);
    const site = example("nginx.conf")
        .replace("/etc/ssl/certs/status.example.pem", `${folder}/certificate`)
        .replace("/etc/ssl/private/status.example.key", `${folder}/key`);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
    writeFileSync(path.join(folder, "nginx.conf"), `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
        events {} http { access_log off; ${temporary.join(" ")} ${site} }`);
    return start(t, [program, "-e", "stderr", "-p", folder, "-c", path.join(folder, "nginx.conf")]);
}

// Its own authority instead of one on the Internet.
function startCaddy(t, program) {
    const folder = folderFor(t);
    const file = path.join(folder, "Caddyfile");
    writeFileSync(file, `{\n admin off\n local_certs\n skip_install_trust\n}\n${example("Caddyfile")}`);
    mkdirSync(path.join(folder, "home"));
    return start(t, ["env", `HOME=${folder}/home`, `XDG_DATA_HOME=${folder}/home`, `XDG_CONFIG_HOME=${folder}/home`,
        program, "run", "--adapter", "caddyfile", "--config", file]);
}

const THROUGH = { host: "127.0.0.1", port: 443, servername: NAME, rejectUnauthorized: false };

function ask(target, headers = {}) {
    return within(new Promise((done, fail) => {
        https.get({ ...THROUGH, path: target, headers: { host: NAME, ...headers }, agent: false }, (answer) => {
            let text = "";
            answer.on("data", (chunk) => { text += chunk; });
            answer.on("end", () => done({ status: answer.statusCode, text, headers: answer.headers }));
        }).on("error", fail);
    }), `the answer to ${target}`);
}

class ProxiedClient extends Client {
    constructor(t, origin) {
        super(t, { host: "127.0.0.1", port: 443 }, {
            options: { origin, headers: { host: NAME }, servername: NAME, rejectUnauthorized: false },
            scheme: "wss",
        });
    }

    static async open(t, origin) {
        const client = new ProxiedClient(t, origin);
        await until(() => client.hello || client.failure || client.end, "the hello");
        return client;
    }
}

const PROXIES = [["nginx", "nginx.conf", startNginx], ["Caddy", "Caddyfile", startCaddy]];

// As installed, or as script/bootstrap unpacked it.
function find(name) {
    const unpacked = fileURLToPath(new URL(`../../build/${name}/${name}`, import.meta.url));
    return [`/usr/sbin/${name}`, `/usr/bin/${name}`, unpacked].find((file) => existsSync(file));
}

for (const [name, file, startProxy] of PROXIES) {
    const program = find(name.toLowerCase());
    const skip = !program && `no ${name}`;
    test(`${name}: the page, REST and the stream come through, and another site is refused`, { skip }, async (t) => {
        const config = temporaryFile(t, "ifpulse.json", JSON.stringify({ ...settingsIn(example(file)), interval_ms: 100 }));
        const server = await launchServer(t, ["--config", config]).listens();
        const proxy = startProxy(t, program);
        await until(async () => {
            assert.equal(proxy.exitCode, null, proxy.output);
            return ask("/").then((answer) => answer.status === 200, () => false);
        }, () => `the page through ${name}: ${proxy.output} ${server.output}`);
        assert.match((await ask("/")).text, /<title>/);
        assert.ok(JSON.parse((await ask("/api/v1/interfaces")).text).data.lo);
        assert.equal((await ask("/api/v1/totals", { origin: ORIGIN })).status, 200);
        assert.equal((await ask("/api/v1/totals", { origin: "https://evil.example" })).status, 403);

        const client = await ProxiedClient.open(t, ORIGIN);
        assert.ok(client.hello, `${client.failure} ${server.output}`);
        const live = await client.subscribe("server"); // its own cost differs with every tick
        await live.reaches(() => live.deltas > 2, "deltas through the proxy");
        const others = await Promise.all(Array.from({ length: 70 }, () => ProxiedClient.open(t, ORIGIN)));
        assert.ok(others.every((other) => other.hello), "more than 64 clients, all from the proxy's address");
        const stranger = await ProxiedClient.open(t, "https://evil.example");
        assert.match(String(stranger.failure), /403/);
        assert.match(server.output, /evil\.example/);
        await client.close();
        await server.stop();
    });
}
