// The closing line of script/test is only as good as the count behind it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { temporaryFile } from "../support/server.mjs";

const SCRIPT = new URL("../support/count.awk", import.meta.url).pathname;

function count(t, lines) {
    const counts = temporaryFile(t, "counts", "");
    const { stdout, status } = spawnSync("awk", ["-v", "build=x", "-v", `counts=${counts}`, "-f", SCRIPT],
        { input: `${lines.join("\n")}\n`, encoding: "utf8" });
    assert.equal(status, 0);
    return { counts: readFileSync(counts, "utf8").trim(), shown: stdout };
}

const PASSED = "...........................   Passed    0.01 sec";
const FAILED = "...........................***Failed    0.02 sec";

test("cases are counted as Criterion and node:test report them, and a silent program is one", (t) => {
    const { counts } = count(t, [
        "test 1", "    Start 1: test_a",
        "1: [====] Synthesis: Tested: 12 | Passing: 12 | Failing: 0 | Crashing: 0",
        `1/3 Test #1: test_a ${PASSED}`,
        "2: ok 1 - a sentence", "2: # tests 5", "2: # pass 4", "2: # fail 0", "2: # cancelled 0", "2: # skipped 1", "2: # todo 0",
        `2/3 Test #2: integration_b ${PASSED}`,
        `3/3 Test #3: plain ${PASSED}`,
    ]);
    assert.equal(counts, "17 0 1");
});

test("the output of two tests at once is kept apart", (t) => {
    const { counts } = count(t, [
        "2: # pass 3", "1: [====] Synthesis: Tested: 2 | Passing: 1 | Failing: 1 | Crashing: 0", "2: # fail 0",
        `1/2 Test #2: b ${PASSED}`, `2/2 Test #1: a ${FAILED}`,
    ]);
    assert.equal(counts, "4 1 0");
});

test("failing, crashing and cancelled cases are failures", (t) => {
    const { counts } = count(t, [
        "1: [====] Synthesis: Tested: 6 | Passing: 3 | Failing: 2 | Crashing: 1", `1/2 Test #1: a ${FAILED}`,
        "2: # pass 1", "2: # fail 1", "2: # cancelled 2", `2/2 Test #2: b ${FAILED}`,
    ]);
    assert.equal(counts, "4 6 0");
});

test("a program that passed its cases and then leaked, hung, crashed or never ran is a failure", (t) => {
    const passing = "[====] Synthesis: Tested: 3 | Passing: 3 | Failing: 0 | Crashing: 0";
    const ends = ["***Failed  Error regular expression found in output. Regex=[ERROR: (Address|Leak)Sanitizer]  0.15 sec",
        "***Timeout 240.00 sec", "***Exception: SegFault  0.10 sec", "***Not Run   0.00 sec"];
    ends.forEach((end) => {
        const { counts, shown } = count(t, [`7: ${passing}`, "7: ==1==ERROR: LeakSanitizer: detected memory leaks", `1/1 Test  #7: test_leaky ......${end}`]);
        assert.equal(counts, "3 1 0", end);
        assert.match(shown, /FAILED\s+test_leaky/);
        assert.match(shown, /LeakSanitizer: detected/, "the output of what failed is shown");
    });
});

test("a skipped program is skipped, not passed", (t) => {
    const { counts, shown } = count(t, ["1: skipped: needs root", "1/1 Test #1: a ......***Skipped   0.02 sec"]);
    assert.equal(counts, "0 0 1");
    assert.match(shown, /needs root/);
});

test("no test at all is no pass", (t) => {
    assert.equal(count(t, ["No tests were found!!!"]).counts, "0 0 0");
});
