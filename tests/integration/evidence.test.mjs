// How owners are found, by what a user may do: listed by the kernel (bpf), searched for in /proc
// (proc), or only the user that opened the socket (uid); and that each says what it cannot.

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { Client } from "../support/client.mjs";
import { run, start } from "../support/network.mjs";
import { IFPULSE, runOnce, startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const CAP_PERFMON = 38n;
const CAP_BPF = 39n;
const WITHOUT_BPF = ["--bounding-set=-bpf,-perfmon,-sys_admin"];
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"];

const capabilities = () => BigInt(`0x${/CapEff:\s*(\w+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]}`);
const isTrueRoot = () => process.getuid() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
const mayUseBpf = () => isTrueRoot() && existsSync("/sys/kernel/btf/vmlinux")
    && (capabilities() >> CAP_BPF & capabilities() >> CAP_PERFMON & 1n) === 1n;

// A program with a listener; it says "port N" first and does at each line what the line says.
const HOLDER = `
import ctypes, os, socket, sys, time
l = socket.create_server(("127.0.0.1", 0))
def rename(name): ctypes.CDLL(None).prctl(15, name.encode())
def hand_to_child():
    if os.fork() == 0:
        rename("the-heir")
        time.sleep(600)
    l.close()
rename("the-holder")
print("port", l.getsockname()[1], flush=True)
for line in sys.stdin: exec(line)`;

async function hold(t) {
    const child = start(t, ["/usr/bin/python3", "-c", HOLDER], { stdin: "pipe" });
    const [, port] = await until(() => /port (\d+)/.exec(child.output), () => `a port: ${child.output}`);
    return Object.assign(child, { port: Number(port), does: (line) => child.stdin.write(`${line}\n`) });
}

// One snapshot by a program of other rights; where others may not enter the build's folder, they have
// a copy.
function snapshotAs(t, words) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "ifpulse-test-"));
    t.after(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o755);
    copyFileSync(IFPULSE, path.join(folder, "ifpulse"));
    const result = runOnce([...words, path.join(folder, "ifpulse"), "snapshot", "--topics", "connections,server"], { program: "setpriv" });
    assert.equal(result.status, 0, result.stderr);
    assert.equal(result.stderr, "", "nothing is printed about what may not be done");
    return JSON.parse(result.stdout).data;
}

const at = (port) => (state) => Object.values(state).find((connection) => connection.local_port === port);

test("with the right to it, owners are listed by the kernel, and change when they change", async (t) => {
    if (!mayUseBpf()) {
        t.skip("needs root outright, CAP_BPF, CAP_PERFMON and a kernel with BTF");
        return;
    }
    const holder = await hold(t);
    const server = await startServer(t, { intervalMs: 100 });
    const client = await Client.connect(t, server);
    const connections = await client.subscribe("connections");
    const { json } = await server.get("/api/v1/server");
    assert.equal(json.data.capabilities.owners.status, "available");
    assert.match(json.data.capabilities.owners.detail, /BPF/);
    assert.equal(json.data.capabilities.short_lived.status, "available");
    const now = at(holder.port);
    await connections.reaches(now, "the listener");
    assert.equal(now(connections.state).evidence, "bpf");
    assert.equal(now(connections.state).pid, holder.pid);
    assert.equal(now(connections.state).process_name, "the-holder");
    holder.does("rename('renamed')");
    await connections.reaches((state) => now(state).process_name === "renamed", "its new name");
    holder.does("hand_to_child()");
    await connections.reaches((state) => now(state).process_name === "the-heir", "the child that has it now");
    assert.notEqual(now(connections.state).pid, holder.pid);
    assert.equal(now(connections.state).evidence, "bpf");
    await client.close();
    await server.stop();
});

test("in a process namespace of its own it says from the first reading what others' sockets lack", async (t) => {
    if (!mayUseBpf()) {
        t.skip("needs root outright, CAP_BPF, CAP_PERFMON and a kernel with BTF");
        return;
    }
    const holder = await hold(t);
    const result = runOnce(["--pid", "--fork", "--mount-proc", IFPULSE, "snapshot", "--topics", "connections,server"], { program: "unshare" });
    assert.equal(result.status, 0, result.stderr);
    const { connections, server } = JSON.parse(result.stdout).data;
    assert.equal(at(holder.port)(connections).process_name, undefined);
    const { status, detail } = server.capabilities.owners;
    assert.equal(status, "available", "a server that listens is seen a reading later");
    assert.match(detail, /of other process namespaces show none/);
});

test("without CAP_BPF, owners are searched for in /proc, and it says what would be better", async (t) => {
    const holder = await hold(t);
    const { connections, server } = snapshotAs(t, WITHOUT_BPF);
    const found = at(holder.port)(connections);
    assert.equal(found.evidence, "proc");
    assert.equal(found.pid, holder.pid);
    assert.equal(found.process_name, "the-holder");
    assert.equal(server.capabilities.short_lived.status, "permission");
    assert.match(server.capabilities.short_lived.detail, /CAP_BPF and CAP_PERFMON/);
    assert.match(server.capabilities.owners.detail, /CAP_BPF/);
});

test("a user without rights sees who opened a socket, and what would show more", async (t) => {
    if (!isTrueRoot()) {
        t.skip("needs root outright, to become nobody");
        return;
    }
    const holder = await hold(t);
    const { connections, server } = snapshotAs(t, NOBODY);
    const found = at(holder.port)(connections);
    assert.equal(found.evidence, found.unit === undefined ? "uid" : "unit");
    assert.equal(found.uid, 0);
    assert.equal(found.pid, undefined);
    assert.equal(found.process_name, undefined);
    assert.equal(server.capabilities.owners.status, "permission");
    assert.match(server.capabilities.owners.detail, /CAP_BPF with CAP_PERFMON/);
    assert.equal(server.capabilities.short_lived.status, "permission");
});

test("a reading leaves no descriptor of BPF behind", async (t) => {
    if (!mayUseBpf()) {
        t.skip("needs root outright, CAP_BPF, CAP_PERFMON and a kernel with BTF");
        return;
    }
    const server = await startServer(t);
    const descriptors = () => run(`ls -l /proc/${server.pid}/fd`).split("\n").filter((line) => /anon_inode:bpf/.test(line)).length;
    const before = descriptors();
    assert.ok(before > 0, "descriptors of BPF are open");
    for (let i = 0; i < 5; i++) {
        await server.get("/api/v1/connections");
    }
    assert.equal(descriptors(), before, "and no more with each reading");
    await server.stop();
});
