const WebSocket = globalThis.WebSocket ?? (await import('ws')).default;
const FINAL = (code) => code === 1009 || (code >= 4400 && code < 4500);

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

function merge(target, patch) {                        // RFC 7396
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? target : Object.create(null);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}

export function follow(address, topic, changed) {
  let state, revision, instance;                       // kept over lost connections
  let id = 0, failures = 0;

  function connect() {
    const socket = new WebSocket(`ws://${address}/api/v1/stream`, 'ifpulse.v1');
    const say = (message) => socket.send(JSON.stringify(message));
    let silence, patience = 15_000;                      // an empty delta comes every 5 s

    const subscribe = () => {
      const since = revision === undefined ? {} : { since: { instance, revision } };
      say({ op: 'subscribe', id: ++id, topic, ...since });
    };
    const startAnew = () => {
      say({ op: 'unsubscribe', id });
      revision = undefined;
      subscribe();
    };
    const apply = (message) => {
      const { part = 1, parts = 1 } = message;
      if (message.op === 'snapshot') {
        if (part === 1) [state, revision] = [undefined, undefined];   // whole again after the last part
        state = merge(state, message.data);
      } else {
        if (message.since !== revision) return startAnew();
        state = merge(state, message.patch);
      }
      if (part < parts) return;
      revision = message.revision;
      if (message.count !== undefined && message.count !== Object.keys(state).length) return startAnew();
      changed(state, revision);
    };

    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      clearTimeout(silence);
      silence = setTimeout(lost, patience);
      if (message.op === 'hello') {
        if (message.instance !== instance) [instance, revision] = [message.instance, undefined];
        subscribe();
      } else if (message.op === 'subscribed') {
        patience = Math.max(patience, 3 * message.interval_ms);
        failures = 0;
      } else if (message.op === 'snapshot' || message.op === 'delta') {
        apply(message);
      } else if (message.op === 'error') {
        console.error(`${message.code}: ${message.message}`);
      }
    };
    const lost = ({ code = 1006, reason = '' } = {}) => {
      clearTimeout(silence);
      socket.onclose = socket.onmessage = null;
      socket.close();
      if (FINAL(code)) return console.error(`closed with ${code} ${reason}`);
      setTimeout(connect, Math.random() * Math.min(30_000, 500 * 2 ** failures++));
    };
    socket.onerror = () => {};                           // a close follows
    socket.onclose = lost;
  }
  connect();
}

if (globalThis.process?.argv) {
  const [address = '127.0.0.1:8750', topic = 'totals'] = process.argv.slice(2);
  follow(address, topic, (state, revision) => console.log(JSON.stringify({ revision, state })));
}
