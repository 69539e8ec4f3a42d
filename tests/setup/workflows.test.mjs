// The workflows of .github: YAML that says what it means, actions of one version, commands that a
// shell can read, and files and tests that are there.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const redocly = createRequire(new URL("../../web/package.json", import.meta.url))("@redocly/openapi-core");
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}.github/workflows/`;
const workflows = readdirSync(folder).map((file) => ({ file, ...redocly.parseYaml(readFileSync(folder + file, "utf8")) }));
const jobs = workflows.flatMap(({ file, jobs }) => Object.entries(jobs).map(([name, job]) => ({ where: `${file}: ${name}`, ...job })));
const runs = jobs.flatMap(({ where, steps }) => steps.filter((step) => step.run).map(({ run }) => ({ where, run })));

test("each says when it runs, may only read, and has jobs that end", () => {
    assert.ok(workflows.length > 0);
    for (const { file, on, permissions } of workflows) {
        assert.ok(Object.keys(on).length > 0, file);
        assert.deepEqual(permissions, { contents: "read" }, file);
    }
    for (const { where, ...job } of jobs) {
        assert.ok(job["timeout-minutes"] > 0, where);
        assert.ok(job.steps.every((step) => Boolean(step.run) !== Boolean(step.uses)), where);
    }
});

test("runners and actions are of a version that is named", () => {
    for (const { where, strategy, steps, ...job } of jobs) {
        const asked = job["runs-on"];
        const runners = asked === "${{ matrix.runner }}" ? strategy.matrix.runner : [asked];
        for (const runner of runners) assert.match(runner, /^(macos|ubuntu)-\d+(\.\d+)?(-intel)?$/, where);
        for (const { uses } of steps.filter((step) => step.uses)) assert.match(uses, /^actions\/[a-z-]+@v\d+\.\d+\.\d+$/, where);
    }
});

test("both kinds of Macs are among the runners, and what they captured is kept", () => {
    const { strategy, steps } = workflows.find(({ file }) => file === "macos.yml").jobs.macos;
    assert.ok(strategy.matrix.runner.some((runner) => runner.endsWith("-intel")));
    assert.ok(strategy.matrix.runner.some((runner) => !runner.endsWith("-intel")));
    const [captured, packed] = [steps.findIndex(({ run }) => run?.includes("ifpulse capture")), steps.findIndex(({ run }) => run?.includes("tar "))];
    const kept = steps.findIndex(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
    assert.ok(captured >= 0 && captured < packed && packed < kept);
    assert.ok(steps[packed].run.includes(steps[kept].with.path));
});

test("commands are shell, and what they name is there", () => {
    for (const { where, run } of runs) {
        const { status, stderr } = spawnSync("bash", ["-n"], { input: run, encoding: "utf8" });
        assert.equal(status, 0, `${where}: ${run}: ${stderr}`);
        for (const [, file] of run.matchAll(/(?:^|\s)((?:script|\.ci)\/[a-z]+)/g)) assert.ok(existsSync(root + file), `${where}: ${file}`);
    }
});
