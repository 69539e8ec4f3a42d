// The Macs of tests/darwin/scenario, and ifpulse as built for macOS, which tests/darwin/loader runs
// here. What imports this is skipped where there is no such build.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export const { MACHRUN, IFPULSE_MACOS, DARWIN_SCENARIO } = process.env;

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
    assert.equal(spawnSync(DARWIN_SCENARIO, [folder, scenario], { stdio: "inherit" }).status, 0);
    return folder;
}
