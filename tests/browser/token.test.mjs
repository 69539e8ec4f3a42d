// The page and a server that asks for a token: it asks the person once, says it first of all, keeps it
// for the tab alone, and calls nobody without it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { Browser, visiting } from './support/page.mjs';
import { startDaemon } from './support/daemon.mjs';

const TOKEN = 'a-token-of-this-test';
const folder = mkdtempSync(path.join(os.tmpdir(), 'ifpulse-token-'));
const file = path.join(folder, 'tokens');
writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });

let browser;
let daemon;
before(async () => {
  daemon = await startDaemon(process.env.IFPULSE, ['--token-file', file]);
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
  rmSync(folder, { recursive: true });
});

test('asks, takes a wrong one back, comes in with the right one, remembers it in this tab, forgets one withdrawn', () =>
  // Loading the page again breaks off what it was asking for.
  visiting(browser, daemon.url, { expected: /^failed: .*history/ }, async (visit) => {
    const { page } = visit;
    const said = [];
    await visit.state('Disconnected');
    page.on('websocket', (socket) => {
      said.push('connect');
      socket.on('framesent', ({ payload }) => said.push(JSON.parse(payload).op));
    });
    const field = page.getByLabel('Access token');
    await page.reload();
    await visit.state('Disconnected');
    await page.waitForTimeout(3000);
    assert.deepEqual(said, ['connect'], 'it waits to be given one');
    await field.fill('not-the-right-one-at-all');
    await field.press('Enter');
    await page.locator('#notices', { hasText: 'does not take that access token' }).waitFor();
    assert.deepEqual(said.slice(0, 3), ['connect', 'connect', 'authenticate']);
    await field.fill(TOKEN);
    await page.getByRole('button', { name: 'Connect' }).click();
    await visit.state('Live');
    await page.reload();
    await visit.state('Live');
    assert.ok(!(await page.evaluate(() => JSON.stringify([localStorage, document.cookie, location.href]))).includes(TOKEN));
    writeFileSync(file, 'quite-another-token\n');
    daemon.process.kill('SIGHUP');
    await visit.state('Disconnected');
    await field.waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    assert.ok(!daemon.output.includes(TOKEN));
  }));
