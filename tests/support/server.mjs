// Starting the real server, asking it, and ending it with a check that it ended well.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";

import { PATIENCE_MS, until, within } from "./wait.mjs";

export const IFPULSE = process.env.IFPULSE;
export const IFPULSE_FAKE = process.env.IFPULSE_FAKE;

const SANITIZER_REPORT = /ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:/;
const LISTENING = /ifpulse: listening on (https?):\/\/(\S+):(\d+)\//;

// A file that is gone after the test; returns its path.
export function temporaryFile(t, name, text, mode = 0o600) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "ifpulse-test-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode });
    return file;
}

// A certificate of its own signing for this machine, and its key; returns both paths.
export function certificate(t, name = "localhost") {
    const file = temporaryFile(t, "certificate.pem", "");
    const key = path.join(path.dirname(file), "key.pem");
    const { status, stderr } = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:localhost,IP:127.0.0.1`, "-keyout", key, "-out", file], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return { file, key };
}

// Runs a command of ifpulse that ends by itself.
export function runOnce(args, { program = IFPULSE, timeout = PATIENCE_MS } = {}) {
    const result = spawnSync(program, args, { encoding: "utf8", timeout, stdio: ["ignore", "pipe", "pipe"] });
    assert.doesNotMatch(result.stderr, SANITIZER_REPORT);
    return result;
}

// A sanitizer build otherwise keeps what is freed, up to 256 MB, and its memory says nothing.
const ENVIRONMENT = { ...process.env, ASAN_OPTIONS: `quarantine_size_mb=4:${process.env.ASAN_OPTIONS ?? ""}` };

class Server {
    constructor(t, program, args, env = {}) {
        this.output = "";
        this.process = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...ENVIRONMENT, ...env } });
        this.pid = this.process.pid;
        this.process.stdout.on("data", (text) => { this.output += text; });
        this.process.stderr.on("data", (text) => { this.output += text; });
        this.ended = new Promise((done) => {
            this.process.on("close", (code, signal) => {
                this.end = { code, signal };
                done(this.end);
            });
        });
        t.after(() => this.stop());
    }

    async listens() {
        await until(() => LISTENING.test(this.output) || this.end, () => `"listening on": ${this.output}`);
        assert.equal(this.end, undefined, `the server ended at once: ${this.output}`);
        const [, scheme, host, port] = LISTENING.exec(this.output);
        this.isTls = scheme === "https";
        this.host = host.replace(/^\[|\]$/g, "");
        this.port = Number(port);
        return this;
    }

    // Asks it to end, and checks that it did, well: status 0 and no word from a sanitizer.
    async stop(signal = "SIGTERM") {
        if (this.isChecked) {
            return;
        }
        this.isChecked = true;
        this.process.kill(signal);
        try {
            await within(this.ended, "the server to end", 10_000);
        } finally {
            this.process.kill("SIGKILL");
        }
        assert.doesNotMatch(this.output, SANITIZER_REPORT);
        assert.deepEqual(this.end, { code: 0, signal: null }, this.output);
    }

    get isRunning() {
        return this.end === undefined;
    }

    // One HTTP request; the answer with its body as text and, where it is JSON, as value.
    get(target, { method = "GET", headers = {}, setHost = true, body } = {}) {
        return within(new Promise((done, fail) => {
            const request = (this.isTls ? https : http).request({
                host: this.host, port: this.port, path: target, method, headers, setHost, agent: false, rejectUnauthorized: false,
            }, (answer) => {
                const chunks = [];
                answer.on("data", (chunk) => chunks.push(chunk));
                answer.on("error", fail);
                answer.on("end", () => {
                    const bytes = Buffer.concat(chunks);
                    const text = bytes.toString();
                    const isJson = /[/+]json/.test(answer.headers["content-type"] ?? "")
                        && !answer.headers["content-encoding"] && text !== "";
                    done({
                        status: answer.statusCode, headers: answer.headers, bytes, text,
                        json: isJson ? JSON.parse(text) : undefined,
                    });
                });
            });
            request.on("error", fail);
            request.end(body);
        }), `the answer to ${method} ${target}`);
    }

    // A bare connection, through TLS where the server speaks that.
    connect(onConnect) {
        return this.isTls ? tls.connect({ port: this.port, host: this.host, rejectUnauthorized: false }, onConnect)
            : net.connect(this.port, this.host, onConnect);
    }

    // Sends bytes over a connection of its own and gathers what comes back until the other side
    // closes or ms have passed; with untilMatch, until the answer so far matches it.
    raw(bytes, { untilMatch, ms = PATIENCE_MS } = {}) {
        return new Promise((done, fail) => {
            const socket = this.connect(() => socket.write(bytes));
            let text = "";
            const timer = setTimeout(() => finish(), ms);
            const finish = () => {
                clearTimeout(timer);
                socket.destroy();
                done(text);
            };
            socket.on("data", (chunk) => {
                text += chunk.toString("latin1");
                if (untilMatch?.test(text)) {
                    finish();
                }
            });
            socket.on("close", finish);
            socket.on("error", (error) => (/ECONNRESET|EPIPE/.test(error.code) ? finish() : fail(error)));
        });
    }
}

// Starts the server on a free port of loopback and waits until it answers. `config` is written to a
// file and given with --config. Tests ask for more in a second than people do, and must not depend
// on what that costs here: so there is no CPU budget unless one is asked for.
export function startServer(t, { program = IFPULSE, intervalMs = 100, config, args = [], env } = {}) {
    const file = temporaryFile(t, "ifpulse.json", JSON.stringify({ cpu_budget_percent: 0, ...config }));
    const words = ["serve", "--listen", "127.0.0.1:0", "--interval-ms", String(intervalMs), "--config", file, ...args];
    return new Server(t, program, words, env).listens();
}

// The same with arguments of one's own, not waiting for anything.
export const launchServer = (t, args, program = IFPULSE) => new Server(t, program, args);
