// The Macs of tests/darwin/scenario, and ifpulse as built for macOS, which tests/darwin/loader runs
// here. What imports this is skipped where there is no such build.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export const { MACHRUN, IFPULSE_MACOS } = process.env;

if (!existsSync(IFPULSE_MACOS)) {
    console.log(`skipped: there is no ${IFPULSE_MACOS}, which the cross build for macOS makes`);
    process.exit(77);
}

// A folder that is gone after the test.
export function folderFor(t) {
    const folder = mkdtempSync(path.join(tmpdir(), "ifpulse-mac-"));
    t.after(() => rmSync(folder, { recursive: true }));
    return folder;
}

// The folder of a kernel's answers, which the environment's IFPULSE_KERNEL_SCRIPT names.
export function kernelOf(t, scenario) {
    const folder = folderFor(t);
    assert.equal(spawnSync(process.env.DARWIN_SCENARIO, [folder, scenario], { stdio: "inherit" }).status, 0);
    return folder;
}

// Runs a command that ends by itself.
export function ifpulse(kernel, ...words) {
    return ifpulseWith({}, kernel, ...words);
}

function ifpulseWith(environment, kernel, ...words) {
    const env = { ...process.env, ...environment, IFPULSE_KERNEL_SCRIPT: kernel };
    return spawnSync(MACHRUN, [IFPULSE_MACOS, ...words], { env, encoding: "utf8" });
}

export const SPAN_MS = 50;

export function snapshotOf(kernel, topics, environment) {
    const words = ["snapshot", "--interval-ms", String(SPAN_MS), "--topics", topics];
    const { status, stdout, stderr } = ifpulseWith(environment, kernel, ...words);
    assert.deepEqual([status, stderr], [0, ""]);
    return JSON.parse(stdout).data;
}
