// A network that does not hold still: links come, change, get another name and go; connections open,
// carry something and close; sockets listen and stop listening.

import { execFile } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import { promisify } from "node:util";

import { pause } from "./wait.mjs";

// Not run(): that would hold up whoever churns beside a client of its own.
const bash = (script) => promisify(execFile)("bash", ["-e", "-c", script]);

async function churnLinks(round) {
    const name = `churn${round % 3}`;
    const other = `other${round % 3}`;
    await bash(`ip netns add beyond 2>/dev/null || true
        ip link add ${name} type veth peer name ${name} netns beyond
        ip addr add 10.77.${round % 200}.1/24 dev ${name}
        ip -n beyond link set ${name} up
        ip link set ${name} up`);
    await pause(60);
    await bash(`ip link set ${name} down
        ip link set ${name} name ${other}
        ip link set ${other} mtu ${1400 + (round % 50)} up`);
    await pause(60);
    if (round % 2) {
        await bash(`ip link add link ${other} name upper${round % 3} type macvlan`);
        await pause(30);
    }
    await bash(`ip link del ${other}`);
}

async function churnConnections(round) {
    const listener = net.createServer((socket) => {
        socket.on("error", () => {});
        socket.pipe(socket);
    });
    listener.listen(0, round % 2 ? "::" : "127.0.0.1");
    await once(listener, "listening");
    const sockets = Array.from({ length: 5 + (round % 20) }, () => {
        const socket = net.connect(listener.address().port, "127.0.0.1");
        socket.on("error", () => {});
        socket.on("data", () => {});
        socket.write(Buffer.alloc(1000 * (1 + (round % 7))));
        return socket;
    });
    const talker = dgram.createSocket("udp4");
    talker.connect(9, "127.0.0.1");
    talker.on("error", () => {});
    await once(talker, "connect");
    await pause(80);
    sockets.forEach((socket, i) => (i % 2 ? socket.destroy() : socket.end()));
    listener.close();
    await pause(20);
    talker.close();
}

// Goes round until stop(); .rounds counts, .done resolves when it has ended (or fails as it failed).
export function startChurn(t) {
    const churn = { rounds: 0, isOver: false, stop: () => { churn.isOver = true; } };
    churn.done = (async () => {
        while (!churn.isOver) {
            await Promise.all([churnLinks(churn.rounds), churnConnections(churn.rounds)]);
            churn.rounds += 1;
        }
    })();
    t.after(async () => {
        churn.stop();
        await churn.done;
    });
    return churn;
}
