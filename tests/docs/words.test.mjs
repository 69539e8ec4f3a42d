// The words of the interface as the source has them - errors, close codes, problems, routes, topics,
// options - are all on the page that is to explain them.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file) => readFileSync(root + file, "utf8");
const source = (folder) => readdirSync(root + folder)
    .filter((name) => name.endsWith(".c"))
    .map((name) => read(`${folder}/${name}`).replace(/\s+/g, " "))
    .join(" ");

const stream = `${source("server/serve")} ${source("server/stream")}`;
const http = source("server/serve");
const found = (text, pattern) => [...new Set([...text.matchAll(pattern)].map((match) => match.slice(1).join(" ")))].sort();

// name: what is looked for; words: as the source has them; least: fewer mean that the source is
// written otherwise now, and this test blind; page, as: where they must be, and how they look there.
const CHECKS = [
    {
        name: "error codes", page: "docs/protocol.md", least: 15, as: (word) => `\`${word}\``,
        words: found(stream, /(?:REFUSE\(|command_refuse\( ?)&?refusal, "([a-z_]+)"/g)
            .concat(found(stream, /\{"[a-z_]+", "(bad_[a-z]+)"\}/g)),
    },
    {
        name: "close codes", page: "docs/protocol.md", least: 6, as: (word) => `| ${word} |`,
        words: found(stream, /client_(?:close|cut)\( ?\w+, (\d{4}),/g)
            .concat(found(stream, /close_code = (\d{4});/g)).filter((code) => code !== "1011"),
    },
    {
        name: "problems", page: "docs/rest.md", least: 6, as: (word) => word.replace(/(\d+) (.*)/, "| $1 | `/problems/$2` |"),
        words: found(http, /api_problem\( ?&?\w+, (\d+), "([a-z-]+)"/g),
    },
    {
        name: "routes", page: "docs/rest.md", least: 9, as: (word) => `| \`${word.replace(/\/$/, "/{name}")}\` |`,
        words: found(http, /\{"(\/api\/v1\/[a-z/.]+)", (?:api_)?answer_/g),
    },
    {
        name: "topics", page: "docs/data.md", least: 5, as: (word) => `\n## ${word}\n`,
        words: found(stream, /\[TOPIC_[A-Z]+\] = \{"([a-z]+)"/g),
    },
    {
        name: "options", page: "docs/usage.md", least: 6, as: (word) => `--${word}`,
        words: found(read("server/main.c"), /\{"([a-z-]+)", (?:required_argument|no_argument)/g),
    },
    {
        name: "limits in hello", page: "docs/protocol.md", least: 4, as: (word) => `"${word}":`,
        words: found(source("server/stream"), /append_member_u64\(buffer, "([a-z_]+)", hello->/g),
    },
    {
        name: "CMake options", page: "docs/install.md", least: 2, as: (word) => `\`${word}\``,
        words: found(read("CMakeLists.txt"), /(?:option|set)\((IFPULSE_[A-Z]+) /g),
    },
    {
        name: "packages", page: "docs/install.md", least: 12, as: (word) => `\`${word}\``,
        words: found(read("script/bootstrap"), /_packages=\(\s*([^)]*)\)/g).flatMap((list) => list.trim().split(/\s+/)),
    },
];

for (const { name, page, least, as, words } of CHECKS) {
    test(`${page} names all ${name}`, () => {
        assert.ok(words.length >= least, `only found in the source: ${words}`);
        const text = read(page);
        for (const word of words)
            assert.ok(text.includes(as(word)), `${page} lacks ${as(word)}`);
    });
}
