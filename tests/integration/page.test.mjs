// How the page is given out: what may be kept for good, what is asked for again, and its weight.

import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { startServer } from "../support/server.mjs";

// Of what a visit fetches; and of what is fetched besides to install the page.
const MOST_BYTES = 130_000;
const MOST_TO_INSTALL_BYTES = 8_000;
const SOURCES = fileURLToPath(new URL("../../web", import.meta.url));
const FOREVER = "public, max-age=31536000, immutable";

const zipped = (server, target, headers) => server.get(target, { headers: { "accept-encoding": "gzip", ...headers } });

// What index.html names, as it names it.
const namesIn = (html) => [...new Set([...html.matchAll(/<(?:link|script|img)\b[^>]*(?:href|src)="([^"]+)"/g)].map(([, name]) => name))];

test("what is named by its content is kept for good, all else is asked for again and 304 where it is the same", async (t) => {
    const server = await startServer(t);
    const names = namesIn((await server.get("/")).text);
    const kept = names.filter((name) => name.startsWith("immutable/"));
    assert.ok(kept.some((name) => /\/js\/main\.js$/.test(name)) && kept.some((name) => /\/app\.css$/.test(name)), kept.join(" "));
    assert.equal(new Set(kept.map((name) => name.split("/")[1])).size, 1, "one folder");
    assert.deepEqual(names.filter((name) => !kept.includes(name)).sort(), ["icon-192.png", "manifest.webmanifest"]);
    for (const target of ["/", "/index.html", ...names.map((name) => `/${name}`)]) {
        const policy = target.startsWith("/immutable/") ? FOREVER : "no-cache";
        const [first, head] = [await server.get(target), await server.get(target, { method: "HEAD" })];
        const again = await server.get(target, { headers: { "if-none-match": first.headers.etag } });
        for (const [{ status, headers }, expected] of [[first, 200], [head, 200], [again, 304]]) {
            assert.equal(status, expected, target);
            assert.equal(headers["cache-control"], policy, target);
            assert.equal(headers.etag, first.headers.etag, target);
            assert.match(headers.vary, /accept-encoding/, target);
        }
        assert.equal(Number(head.headers["content-length"]), first.bytes.length, target);
        assert.equal(again.bytes.length, 0);
    }
    await server.stop();
});

test("nothing that is not there is kept, by whatever path", async (t) => {
    const server = await startServer(t);
    const [main] = namesIn((await server.get("/")).text).filter((name) => name.endsWith("/main.js"));
    for (const target of ["/immutable/", "/immutable/0123456789abcdef/js/main.js", `/${main}x`, "/immutable/../index.html.gz", "/api/v1/immutable/x"]) {
        const { status, headers } = await server.get(target);
        assert.equal(status, 404, target);
        assert.equal(headers["cache-control"], "no-store", target);
    }
    await server.stop();
});

test("the whole page weighs what it may, compressed, and is the same when it is not", async (t) => {
    const server = await startServer(t);
    const names = namesIn((await server.get("/")).text);
    const { icons } = (await server.get("/manifest.webmanifest")).json;
    const sums = { visit: 0, install: 0 };
    for (const target of new Set(["/", ...names, ...icons.map(({ src }) => src)])) {
        const at = target.startsWith("/") ? target : `/${target}`;
        const [small, plain] = [await zipped(server, at), await server.get(at)];
        assert.equal(small.status, 200, at);
        const isZipped = small.headers["content-encoding"] === "gzip";
        assert.ok(isZipped || /image\/png/.test(small.headers["content-type"]), at);
        assert.ok((isZipped ? gunzipSync(small.bytes) : small.bytes).equals(plain.bytes), at);
        sums[at === "/" || at.startsWith("/immutable/") ? "visit" : "install"] += small.bytes.length;
    }
    t.diagnostic(`a visit ${sums.visit} bytes, to install ${sums.install}`);
    assert.ok(sums.visit > 80_000 && sums.visit <= MOST_BYTES, `${sums.visit} bytes`);
    assert.ok(sums.install > 0 && sums.install <= MOST_TO_INSTALL_BYTES, `${sums.install} bytes`);
    await server.stop();
});

test("the page's sources can be served as they are, and none of them is kept", async (t) => {
    const server = await startServer(t, { args: ["--web", SOURCES] });
    const { text, headers } = await server.get("/");
    assert.equal(headers["cache-control"], "no-cache");
    const names = namesIn(text);
    assert.ok(names.includes("js/main.js"));
    for (const name of [...names, "vendor/chart.umd.min.js"]) {
        const answer = await server.get(`/${name}`);
        assert.equal(answer.status, 200, name);
        assert.equal(answer.headers["cache-control"], "no-cache", name);
    }
    for (const other of ["build.mjs", "package.json", "node_modules/ws/package.json", path.join("test", "fake-server.js")])
        assert.equal((await server.get(`/${other}`)).status, 404, other);
    await server.stop();
});

test("scripts may not make code or elements out of text: the policy says so", async (t) => {
    const server = await startServer(t);
    const policy = (await server.get("/")).headers["content-security-policy"].split(/;\s*/).sort();
    assert.deepEqual(policy, ["base-uri 'none'", "connect-src 'self'", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "img-src 'self' data:", "manifest-src 'self'", "require-trusted-types-for 'script'", "script-src 'self'", "style-src 'self'",
        "trusted-types 'none'"]);
    await server.stop();
});
