// What is exported, read back from the files a browser saves under the page's own policy.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { hostileNetwork } from '../../web/test/fake-hostile.js';
import { start } from '../../web/test/fake-server.js';
import { Browser, visiting } from './support/page.mjs';

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ network: hostileNetwork({ connections: 200 }) });
});
after(async () => {
  await server?.close();
  await browser?.close();
});

async function save({ page }, group, name) {
  await page.locator('#export summary').click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('group', { name: group }).getByRole('button', { name }).click()]);
  assert.match(download.suggestedFilename(), /^ifpulse-[A-Za-z0-9._-]+$/);
  return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
}

test('numbers of the range, the connections found, and the picture', () =>
  visiting(browser, server.url, { acceptDownloads: true }, async (view) => {
    const { page } = view;
    await view.state('Live');
    await page.selectOption('#window', '60');
    await view.until(() => document.querySelectorAll('.sums td')[1].textContent.includes('bit/s'));

    const range = await save(view, 'Charts on show', 'CSV');
    assert.match(range.name, /^ifpulse-b_x_b-eth0-.*Z-.*Z\.csv$/);
    const [heads, ...lines] = String(range.content).trim().split('\r\n').map((line) => line.split(','));
    assert.deepEqual(heads.slice(0, 2), ['time', 'download_speed (bit/s)']);
    assert.ok(lines.length >= 10 && lines.length <= 62, `${lines.length} samples`); // of so many interfaces the past comes in steps of 5 s
    const [first, last] = [lines[0][0], lines.at(-1)[0]].map(Date.parse);
    assert.ok(last - first > 50_000 && last - first <= 60_000, `${last - first} ms`);
    for (const [time, speed] of lines) assert.ok(time === new Date(time).toISOString() && (speed === '' || Number(speed) >= 0), `${time} ${speed}`);

    await page.selectOption('#unit', 'byte');
    const document = JSON.parse((await save(view, 'Charts on show', 'JSON')).content);
    assert.deepEqual([document.interface, document.units.download_speed], ['eth0', 'B/s']);
    const same = document.rows.find(({ time }) => time === lines.at(-1)[0]);
    assert.ok(Math.abs(same.download_speed * 8 - Number(lines.at(-1)[1])) < 1);

    await page.fill('#search', 'process:"=cmd"');
    await view.says('.tally', /^1 of/);
    const list = String((await save(view, 'Connections as filtered', 'CSV')).content);
    assert.match(list, /^process_name,pid,.*\r\n"'=cmd\|' \/C calc'!A0",/);
    assert.equal(list.trim().split('\r\n').length, 2);

    const picture = (await save(view, 'Charts on show', 'PNG')).content;
    assert.equal(picture.subarray(1, 4).toString(), 'PNG');
    assert.ok(picture.readUInt32BE(16) > 800 && picture.length > 5000, `${picture.readUInt32BE(16)} pixels, ${picture.length} bytes`);
  }));

test('the menu closes by Escape, with the focus back on it', () =>
  visiting(browser, server.url, {}, async (view) => {
    await view.state('Live');
    await view.page.locator('#export summary').focus();
    await view.page.keyboard.press('Enter');
    await view.page.keyboard.press('Tab');
    await view.page.keyboard.press('Escape');
    assert.deepEqual(await view.page.evaluate(() => [document.getElementById('export').open, document.activeElement.tagName]), [false, 'SUMMARY']);
  }));
