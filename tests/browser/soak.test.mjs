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
const CODE_MB = 0.7; // what the browser still compiles of the page as it runs
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
  const isMoving = ([, { state, connection_type: type }]) => state === 'established' && type === 'tcp';
  for (let lines = 0, round = 0; lines < 1.2 * LOG_LINES; round++) {
    const moving = [...network.connections].filter(isMoving);
    for (const [id, record] of moving) network.connections.set(id, { ...record, download_speed: 1000 + round + (Number(id) % 100), upload_speed: 100 });
    lines += moving.length;
    await (round % 8 ? server.step() : run(view, 1));
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
      console.log(`${String(update).padStart(6)} updates: heap ${memory.heap.toFixed(2)} MB, of the browser ${memory.objects.toFixed(2)} MB, buffers ${memory.buffers.toFixed(2)} MB, ${memory.nodes} nodes, ${memory.listeners} listeners`);
    };
    await look(0);
    const every = Math.max(50, Math.ceil(UPDATES / 50));
    await run(view, UPDATES, (update) => (update % every === 0 ? look(update) : undefined));
    const sizes = seen.map(([update, { heap, objects, buffers }]) => [update / HOUR, heap + objects + buffers]);
    const half = Math.ceil(seen.length / 2);
    // What is on its way when it is looked at comes and goes: the least of each half is what stays.
    const [before, later] = [sizes.slice(0, half), sizes.slice(half)].map((part) => Math.min(...part.map(([, size]) => size)));
    const { slope, error } = line(sizes.slice(half));
    const hours = UPDATES / HOUR;
    context.diagnostic(`at least ${before.toFixed(1)} MB in the first half of ${UPDATES} updates, ${later.toFixed(1)} MB in the second, in which it grew by ${slope.toFixed(2)} ± ${error.toFixed(2)} MB an hour`);
    assert.ok(Math.max(...sizes.map(([, size]) => size)) <= 40, 'no more than 40 MB');
    assert.ok(later - before <= hours / 2 + CODE_MB, 'no more than 1 MB an hour');
    if (hours > 1) assert.ok(slope - 2 * error <= 1, 'nor when it has run for long');
    const most = (of, part) => Math.max(...part.map(([, memory]) => of(memory)));
    for (const [name, slack] of [['nodes', 60], ['listeners', 10]])
      assert.ok(most((memory) => memory[name], seen.slice(half)) <= most((memory) => memory[name], seen.slice(0, half)) + slack, `as many ${name} as before`);
  }));
