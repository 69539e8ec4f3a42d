// A network that does not hold still: links come, change, get another name and go; connections open,
// carry something and close; sockets listen and stop listening.

import { once } from "node:events";
import dgram from "node:dgram";
import net from "node:net";

import { run } from "./network.mjs";
import { pause } from "./wait.mjs";

async function churnLinks(round) {
    const name = `churn${round % 3}`;
    run(`ip link add ${name} type dummy`);
    run(`ip addr add 10.77.${round % 200}.1/24 dev ${name}`);
    run(`ip link set ${name} up`);
    await pause(60);
    run(`ip link set ${name} down`);
    run(`ip link set ${name} name other${round % 3}`);
    run(`ip link set other${round % 3} mtu ${1400 + (round % 50)} up`);
    await pause(60);
    if (round % 2) {
        run(`ip link add link other${round % 3} name vlan${round % 3} type vlan id 10`);
        await pause(30);
    }
    run(`ip link del other${round % 3}`);
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
