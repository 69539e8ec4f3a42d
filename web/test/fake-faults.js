// What goes wrong, and when. Those that are fields last until they are taken back; those that are
// calls happen once, to a topic.

export class Faults {
  stall = false; // lines stay open and say nothing
  refuse = false; // connections are cut at once
  halfOpen = false; // connections are accepted, the upgrade is never answered
  status = 0; // the upgrade is answered with this HTTP status
  drip = null; // { bytes, ms }: so many bytes at a time trickle down the line
  closeCode = 0; // who comes is closed with this code
  closeReason = '';
  #once = new Map();

  #plan(kind, topic) {
    this.#once.set(`${kind} ${topic}`, true);
  }
  take(kind, topic) {
    return this.#once.delete(`${kind} ${topic}`);
  }
  // The next delta says that it is since another revision.
  skip(topic) {
    this.#plan('skip', topic);
  }
  // The next message has the wrong count.
  lie(topic) {
    this.#plan('lie', topic);
  }
  // The next message is a snapshot, in the middle of the stream.
  snapshot(topic) {
    this.#plan('snapshot', topic);
  }
}

// Makes the TCP socket write as slowly as faults.drip says at the time.
export function dripping(socket, faults) {
  const write = socket.write.bind(socket);
  const queue = [];
  let timer = null;
  const pour = () => {
    timer = null;
    if (socket.destroyed || !queue.length) return;
    const [{ bytes, callback }] = queue;
    const { bytes: size, ms } = faults.drip ?? { bytes: Infinity, ms: 0 };
    const isLast = bytes.length <= size;
    if (isLast) queue.shift();
    else queue[0].bytes = bytes.subarray(size);
    write(isLast ? bytes : bytes.subarray(0, size), isLast ? callback : undefined);
    if (queue.length) timer = setTimeout(pour, ms);
  };
  socket.write = (data, encoding, callback) => {
    const done = typeof encoding === 'function' ? encoding : callback;
    if (!faults.drip && !queue.length) return write(data, encoding, callback);
    queue.push({ bytes: Buffer.from(data, typeof encoding === 'string' ? encoding : 'utf8'), callback: done });
    timer ??= setTimeout(pour, 0);
    return false;
  };
}
