// The network of a test: it runs inside tests/support/in_namespace, so it may do here as it likes.
// Further namespaces are made with ip netns and vanish with the test.

import { execFileSync, spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

// run("ip link add …"): words are split at spaces. Returns standard output; throws on failure,
// with what the command said.
export function run(command) {
    const [program, ...args] = command.split(" ").filter(Boolean);
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

// The same in another namespace. nsenter and not "ip netns exec", which would remount /sys.
export const runInside = (namespace, command) => run(`nsenter --net=/run/netns/${namespace} ${command}`);

export function addNamespace(name) {
    run(`ip netns add ${name}`);
    runInside(name, "ip link set lo up");
}

// A link of its own, with carrier once it is up. Its other end is in a namespace nobody looks into:
// of the kinds that need nothing else, veth is the one that every kernel has.
export function addLink(name) {
    try {
        run("ip netns add beyond");
    } catch {
        // there from the link before
    }
    run(`ip link add ${name} type veth peer name ${name} netns beyond`);
    runInside("beyond", `ip link set ${name} up`);
}

// Whether this kernel has a kind of link; words as after "type".
export function hasKind(words) {
    try {
        run(`ip link add trial ${words}`);
    } catch (error) {
        return !/Unknown device type/.test(error.stderr);
    }
    run("ip link del trial");
    return true;
}

// A wire from here to a namespace: `here` with 10.x.0.1/24, `there` in it with 10.x.0.2/24.
export function addWire({ here, namespace, there = "eth0", subnet = 1 }) {
    run(`ip link add ${here} type veth peer name ${there} netns ${namespace}`);
    run(`ip addr add 10.${subnet}.0.1/24 dev ${here}`);
    run(`ip link set ${here} up`);
    runInside(namespace, `ip addr add 10.${subnet}.0.2/24 dev ${there}`);
    runInside(namespace, `ip link set ${there} up`);
    return { local: `10.${subnet}.0.1`, remote: `10.${subnet}.0.2` };
}

// The kernel's own byte and packet counters of each interface here, by a way that ifpulse does not go.
export function kernelCounters() {
    const lines = readFileSync("/proc/net/dev", "utf8").trim().split("\n").slice(2);
    return Object.fromEntries(lines.map((line) => {
        const [name, numbers] = line.trim().split(/:\s*/);
        const n = numbers.trim().split(/\s+/).map(Number);
        return [name, { bytes_received: n[0], packets_received: n[1], bytes_sent: n[8], packets_sent: n[9] }];
    }));
}

// Starts a program that is ended with the test, and its own children with it. What it prints is
// gathered in .output.
export function start(t, argv, { namespace, stdin = "ignore" } = {}) {
    const words = namespace ? ["nsenter", `--net=/run/netns/${namespace}`, ...argv] : argv;
    const child = spawn(words[0], words.slice(1), { stdio: [stdin, "pipe", "pipe"], detached: true });
    child.output = "";
    child.stdout.on("data", (text) => { child.output += text; });
    child.stderr.on("data", (text) => { child.output += text; });
    child.ended = new Promise((done) => child.on("close", (code, signal) => done({ code, signal })));
    t.after(async () => {
        try {
            process.kill(-child.pid, "SIGKILL");
        } catch {
            // the whole group has ended
        }
        await child.ended;
    });
    return child;
}

// What a process has used so far: CPU time in ms, resident memory and open descriptors.
export function usage(pid) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return {
        cpu_ms: (Number(fields[11]) + Number(fields[12])) * 10, // USER_HZ is 100 on every Linux
        rss_bytes: Number(rss[1]) * 1024,
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
}
