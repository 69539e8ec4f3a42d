// What a tick costs, against controls that do the same work in the plain way; what the page does not
// do while nobody looks; and that very many connections leave it usable.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Meter, chartPage, countDrawing, hideable, median, percentile, tablePage } from './support/meter.mjs';
import { Browser, visiting } from './support/page.mjs';

const CONNECTIONS = 2000;
const CHARTS = 8;
const TICK_MS = 250; // apart: each is drawn before the next
const SCREEN = { width: 1440, height: 1800 }; // all charts are in sight

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ connections: CONNECTIONS, interfaces: 8, manual: true, time: Date.UTC(2026, 10, 28, 9, 24), past: { drops: [{ interface: 'eth0', agoS: 100, packets: 5 }] } });
});
after(async () => {
  await server?.close();
  await browser?.close();
});

const ms = (number) => `${number.toFixed(1)} ms`;
const told = ({ median: usual, p95, parts }) => `${ms(usual)} (p95 ${ms(p95)}; script ${ms(parts.script)}, layout ${ms(parts.layout)}, style ${ms(parts.style)})`;

// Everything that can be drawn at once: all cards, the charts, the table, a connection's drawer.
async function open(view) {
  await view.state('Live');
  await view.page.locator('#cards .fold > summary').click();
  await view.until((many) => [...document.querySelectorAll('canvas')].filter((canvas) => canvas.checkVisibility() && canvas.width).length >= many, CHARTS);
  await server.step(3);
  await view.until(() => document.querySelector('.tally').textContent.includes('2,00'));
  await view.page.waitForTimeout(1000);
}
const someone = (of) => [...of.network.connections].find(([, { state, rtt_ms: rtt }]) => state === 'established' && rtt)[0];
const visit = (options, act) => visiting(browser, `${server.url}#id=${someone(server)}`, { viewport: SCREEN, ...options }, act);

async function measured(page, count, settleMs) {
  const meter = await Meter.of(page);
  await page.evaluate(() => globalThis.tick());
  const cost = await meter.each(count, () => page.evaluate(() => globalThis.tick()), settleMs);
  return { meter, cost };
}

test('a tick with all charts and 2,000 rows costs a fraction of a plain table and of plain charts', async (context) => {
  const table = await tablePage(browser, [...server.network.connections.values()]);
  const { cost: ofTable } = await measured(table, 6, 1000);
  await table.close();
  const charts = await chartPage(browser, { charts: CHARTS, points: 300 });
  const { cost: ofCharts } = await measured(charts, 4, 1500);
  await charts.close();
  await visit({}, async (view) => {
    await open(view);
    const meter = await Meter.of(view.page);
    const cost = await meter.each(40, () => server.step(), TICK_MS);
    const seen = await view.page.evaluate(() => [...document.querySelectorAll('canvas')].filter((canvas) => canvas.checkVisibility() && canvas.width).length);
    context.diagnostic(`main thread a tick, ${seen} canvases and ${CONNECTIONS} rows: ${told(cost)}; ${cost.all.map((n) => n.toFixed(0))}`);
    context.diagnostic(`a table by innerHTML: ${told(ofTable)}, ${(ofTable.median / cost.median).toFixed(1)} times as much`);
    context.diagnostic(`${CHARTS} charts by default: ${told(ofCharts)}, ${(ofCharts.median / cost.median).toFixed(1)} times as much`);
  });
});
