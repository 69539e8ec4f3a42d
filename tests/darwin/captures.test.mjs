// `ifpulse capture`, as built for macOS, run by tests/darwin/loader on the Macs of tests/darwin/scenario:
// what it saves is a script from which the same Mac is seen again.

import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";

import { folderFor, ifpulse, kernelOf, snapshotOf } from "./mac.mjs";

// Only speeds depend on the time between the readings.
function seen(kernel) {
    const { interfaces, connections } = snapshotOf(kernel, "interfaces,connections");
    for (const record of Object.values(interfaces)) {
        for (const key of Object.keys(record).filter((name) => /_(rate|speed)$/.test(name) && name !== "link_speed")) {
            record[key] = record[key] > 0;
        }
    }
    return { interfaces, connections };
}

for (const scenario of ["macbook", "macos14", "hidden", "hostile"]) {
    test(`${scenario}: a capture shows the same Mac again, and is its owner's alone`, (t) => {
        const kernel = kernelOf(t, scenario);
        const capture = path.join(folderFor(t), "capture");
        const { status, stdout, stderr } = ifpulse(kernel, "capture", capture);
        assert.deepEqual([status, stderr], [0, ""]);
        const files = readdirSync(capture);
        assert.match(stdout, new RegExp(`^${capture}: ${files.length} files of what macOS answered .* They hold this machine's addresses,`));
        assert.ok(files.includes("sysctl.4.17.0.0.6.0") && files.includes("sysctl.net.inet.tcp.pcblist_n"), files.join(" "));
        assert.equal(statSync(capture).mode & 0o777, 0o700);
        for (const file of readdirSync(capture, "buffer")) { // names of interfaces may be anything
            assert.equal(statSync(Buffer.concat([Buffer.from(`${capture}/`), file])).mode & 0o777, 0o600, file.toString());
        }
        const again = seen(capture);
        assert.ok(Object.keys(again.interfaces).length > 0 && Object.keys(again.connections).length > 0);
        assert.deepEqual(again, seen(kernel));
    });
}

test("on a Mac too a folder that has something in it is refused, and left alone", (t) => {
    const folder = folderFor(t);
    writeFileSync(path.join(folder, "mine"), "");
    const { status, stderr } = ifpulse(folder, "capture", folder);
    assert.equal(status, 2);
    assert.match(stderr, /is not empty/);
    assert.deepEqual(readdirSync(folder), ["mine"]);
});
