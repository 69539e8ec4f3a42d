// Holds config/README.md to the program: its tables name every key there is, the defaults they give
// are those of ifpulse.json, and each range ends exactly where the program says it does.
// Run with the program's path in IFPULSE.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const config = fileURLToPath(new URL("../../config", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ifpulse-config-"));
after(() => rmSync(folder, { recursive: true }));

const rows = readFileSync(join(config, "README.md"), "utf8")
    .split("\n")
    .map((line) => /^\| `([a-z_.]+)` \| ([^|]+) \| (?:`([^`]*)` )?\|/.exec(line))
    .filter(Boolean)
    .map(([, key, value, standard]) => ({ key, value, standard }));

function check(settings) {
    const file = join(folder, "ifpulse.json");
    writeFileSync(file, JSON.stringify(settings));
    const { status, stderr } = spawnSync(process.env.IFPULSE, ["check-config", file], { encoding: "utf8" });
    return { isAccepted: status === 0, error: stderr };
}

const nested = (key, value) => key.split(".").reduceRight((inner, name) => ({ [name]: inner }), value);

function flatten(object, prefix = "") {
    return Object.entries(object).flatMap(([name, value]) =>
        value && typeof value === "object" && !Array.isArray(value)
            ? flatten(value, `${prefix}${name}.`) : [[prefix + name, value]]);
}

// The program lists the keys it knows when it meets one it does not.
function keysOf(section) {
    const { error } = check(section ? { [section]: { nonsense: 1 } } : { nonsense: 1 });
    return error.trim().replace(/.*there are: /, "").split(", ").map((name) => (section ? `${section}.${name}` : name));
}

test("the tables name every key that the program takes", () => {
    const known = [...keysOf(), ...keysOf("limits"), ...keysOf("history")]
        .filter((key) => !["limits", "history"].includes(key));
    assert.deepEqual(rows.map(({ key }) => key).sort(), known.sort());
});

test("the defaults in the tables are those of ifpulse.json", () => {
    const file = flatten(JSON.parse(readFileSync(join(config, "ifpulse.json"), "utf8")));
    const table = rows.filter(({ standard }) => standard !== undefined).map(({ key, standard }) => [key, JSON.parse(standard)]);
    assert.deepEqual(Object.fromEntries(table), Object.fromEntries(file));
});

for (const { key, value } of rows) {
    const range = /^(\d+) to (\d+)$/.exec(value);
    if (!range) continue;
    test(`${key} goes ${value}`, () => {
        const [least, most] = range.slice(1).map(Number);
        for (const [number, isRight] of [[least, true], [most, true], [least - 1, false], [most + 1, false]])
            assert.equal(check(nested(key, number)).isAccepted, isRight, `${key}: ${number}`);
    });
}
