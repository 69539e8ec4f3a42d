// TLS: what it refuses to start with, what it speaks, and how the certificate is exchanged.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import tls from "node:tls";

import { Client } from "../support/client.mjs";
import { IFPULSE_FAKE, certificate, runOnce, startServer, temporaryFile } from "../support/server.mjs";
import { until, within } from "../support/wait.mjs";

const start = (t, { file, key }, config = {}) =>
    startServer(t, { program: IFPULSE_FAKE, config: { tls_certificate: file, tls_key: key, ...config } });

// What a handshake with these options comes to: the certificate's fingerprint, the version, ALPN's word.
const handshake = (server, options = {}) => within(new Promise((done, fail) => {
    const socket = tls.connect({ port: server.port, host: server.host, rejectUnauthorized: false, ...options }, () => {
        done({ print: socket.getPeerX509Certificate().fingerprint256, version: socket.getProtocol(), alpn: socket.alpnProtocol });
        socket.destroy();
    });
    socket.on("error", fail);
}), "the handshake");

const printOf = (file) => new X509Certificate(readFileSync(file)).fingerprint256;

test("it speaks TLS 1.2 and 1.3, HTTP/1.1 alone, and says HSTS; Origin must be https", async (t) => {
    const pair = certificate(t);
    const server = await start(t, pair);
    assert.ok(server.isTls);
    for (const version of ["TLSv1.2", "TLSv1.3"]) {
        assert.equal((await handshake(server, { minVersion: version, maxVersion: version })).version, version);
    }
    await assert.rejects(handshake(server, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }));
    assert.equal((await handshake(server, { ALPNProtocols: ["h2", "http/1.1"] })).alpn, "http/1.1");
    const { status, headers } = await server.get("/");
    assert.equal(status, 200);
    assert.match(headers["strict-transport-security"], /^max-age=\d{7,}/);
    const site = async (origin) => (await server.get("/api/v1/health", { headers: { origin } })).status;
    assert.equal(await site(`https://${server.host}:${server.port}`), 200);
    assert.equal(await site(`http://${server.host}:${server.port}`), 403);
    const client = await Client.connect(t, server);
    await client.subscribe("connections");
    await client.close();
    await server.stop();
});

test("SIGHUP exchanges the certificate: new connections see it, open ones live on; a bad one changes nothing", async (t) => {
    const [pair, next] = [certificate(t), certificate(t, "next")];
    const server = await start(t, pair);
    const before = printOf(pair.file);
    const client = await Client.connect(t, server);
    const totals = await client.subscribe("totals");
    assert.equal((await handshake(server)).print, before);
    copyFileSync(next.file, pair.file); // and not yet its key
    server.process.kill("SIGHUP");
    await until(() => /key\.pem: .*everything stays as it was/.test(server.output), () => `the complaint: ${server.output}`);
    assert.equal((await handshake(server)).print, before);
    copyFileSync(next.key, pair.key);
    server.process.kill("SIGHUP");
    await until(async () => (await handshake(server)).print === printOf(next.file), "the new certificate");
    const seen = totals.received;
    await until(() => totals.received > seen, "the open connection's next message");
    await client.close();
    await server.stop();
});

test("what cannot be used is named", (t) => {
    const pair = certificate(t);
    const other = certificate(t);
    const check = (config) => {
        const { status, stderr } = runOnce(["check-config", temporaryFile(t, "x.json", JSON.stringify(config))]);
        assert.equal(status, 2, stderr);
        return stderr;
    };
    assert.match(check({ tls_certificate: pair.file }), /add tls_key/);
    assert.match(check({ tls_key: pair.key }), /add tls_certificate/);
    assert.match(check({ tls_certificate: "/nowhere/c.pem", tls_key: pair.key }), /\/nowhere\/c\.pem: No such file/);
    assert.match(check({ tls_certificate: pair.file, tls_key: "/nowhere/k.pem" }), /\/nowhere\/k\.pem: No such file/);
    assert.match(check({ tls_certificate: pair.file, tls_key: other.key }), /key\.pem: .*mismatch/);
    writeFileSync(other.file, "nonsense");
    assert.match(check({ tls_certificate: other.file, tls_key: pair.key }), /certificate\.pem: it is no certificate/);
});
