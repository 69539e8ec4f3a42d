// A page left open: very many updates, faster than in life, must leave it as large as it was. What is
// kept of the past has bounds, which are reached before anything is compared. SOAK_UPDATES=86400 is a
// whole day of seconds; with SOAK_CONNECTIONS=200 it is done within the hour.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Meter, line } from './support/meter.mjs';
import { Browser, visiting } from './support/page.mjs';

const UPDATES = Number(process.env.SOAK_UPDATES ?? 600);
const HOUR = 3600; // updates
const CONNECTIONS = Number(process.env.SOAK_CONNECTIONS ?? 2000);
const CODE_MB = 1; // what the browser still compiles of the page as it runs
const LOG_LINES = 1 << 18; // of web/js/store.js: it grows up to these
const CLOSED_KEPT = 5000;

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ connections: CONNECTIONS, interfaces: 8, manual: true });
});
after(async () => {
  await server?.close();
  await browser?.close();
});

// Steps as fast as the page draws: a frame after each.
async function run(view, updates, each) {
  for (let update = 0; update < updates; update++) {
    await server.step();
    await view.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    await each?.(update + 1);
  }
}

// So many connections come, go and change in few updates that every log is full.
async function fill(view) {
  const { network } = server;
  const ids = [...network.connections].filter(([, { state, connection_type: type }]) => state === 'established' && type === 'tcp').map(([id]) => id);
  for (let lines = 0, round = 0; lines < LOG_LINES + ids.length; lines += ids.length, round++) {
    for (const id of ids) if (network.connections.has(id)) network.connections.set(id, { ...network.connections.get(id), download_speed: 1000 + round + (Number(id) % 100), upload_speed: 100 });
    await run(view, 1);
  }
  // In a minute a quarter of all connections end.
  for (let closed = 0; closed < 1.5 * CLOSED_KEPT; closed += CONNECTIONS / 5) {
    network.advance(60_000);
    await run(view, 1);
  }
}

test('updates without end leave the page as large as it was', (context) =>
  visiting(browser, server.url, { viewport: { width: 1440, height: 1800 } }, async (view) => {
    await view.state('Live');
    await view.until(() => document.querySelector('.tally').textContent !== '');
    const meter = await Meter.of(view.page);
    await fill(view);
    await run(view, 100);
    const seen = [];
    const look = async (update) => {
      const memory = await meter.memory();
      seen.push([update, memory]);
      context.diagnostic(`${String(update).padStart(6)} updates: heap ${memory.heap.toFixed(2)} MB, of the browser ${memory.objects.toFixed(2)} MB, buffers ${memory.buffers.toFixed(2)} MB, ${memory.nodes} nodes, ${memory.listeners} listeners`);
    };
    await look(0);
    const every = Math.max(100, Math.ceil(UPDATES / 50));
    await run(view, UPDATES, (update) => (update % every === 0 ? look(update) : undefined));
    const sizeOf = ({ heap, objects, buffers }) => heap + objects + buffers;
    const [first, last] = [seen[0], seen.at(-1)].map(([, memory]) => sizeOf(memory));
    const hours = UPDATES / HOUR;
    const later = seen.slice(Math.floor(seen.length / 2)).map(([update, memory]) => [update / HOUR, sizeOf(memory)]);
    const { slope, error } = line(later);
    context.diagnostic(`${last.toFixed(1)} MB after ${UPDATES} updates, ${first.toFixed(1)} MB before; in the later half ${slope.toFixed(2)} ± ${error.toFixed(2)} MB an hour`);
    assert.ok(last <= 40, 'no more than 40 MB');
    assert.ok(last - first <= hours + CODE_MB, 'no more than 1 MB an hour');
    if (hours > 4) assert.ok(slope - 2 * error <= 1, 'nor when it has run for long');
    const most = (of, part) => Math.max(...part.map(([, memory]) => of(memory)));
    const half = Math.ceil(seen.length / 2);
    for (const [name, slack] of [['nodes', 60], ['listeners', 10]])
      assert.ok(most((memory) => memory[name], seen.slice(half)) <= most((memory) => memory[name], seen.slice(0, half)) + slack, `as many ${name} as before`);
  }));
