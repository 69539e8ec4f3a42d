// The choices and the help: applied at once, kept, reset, and all by keyboard.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Browser, visiting } from './support/page.mjs';

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ connections: 60, interfaces: 100 });
});
after(async () => {
  await server?.close();
  await browser?.close();
});
const visit = (options, act) => visiting(browser, server.url, options, act);
const leave = async ({ page }) => {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
};
const choose = (view, label, value) => view.page.getByRole('dialog').getByLabel(label).selectOption({ label: value });

test('every choice works at once, lasts over a reload, and can be taken back', () =>
  visit({}, async (view) => {
    const { page } = view;
    const root = (name) => page.evaluate((key) => document.documentElement.dataset[key], name);
    await view.state('Live');
    await page.click('#settings-open');
    await choose(view, 'Speeds in', 'bytes per second');
    await view.says('#overview .quantity', /iB\/s/);
    await choose(view, 'Bytes count by', '1000 (kB, MB, GB)');
    await view.says('#overview .quantity', /\d [kMG]B\/s/);
    await view.says('#overview .tile', /\d [kMG]B received/);
    await choose(view, 'Colours', 'dark');
    assert.equal(await root('theme'), 'dark');
    await choose(view, 'Spacing', 'compact');
    assert.equal(await root('density'), 'compact');
    await page.getByLabel('Show virtual interfaces').uncheck();
    await view.until(() => !document.querySelector('.fold').hidden && /1 down$/.test(document.querySelector('.fold > summary').textContent));
    await leave(view);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'settings-open', 'focus comes back');
    await page.reload();
    await view.state('Live');
    await view.says('#overview .quantity', /\d [kMG]B\/s/);
    assert.deepEqual([await root('theme'), await root('density')], ['dark', 'compact']);
    await page.click('#settings-open');
    await page.getByRole('button', { name: 'Reset' }).click();
    await view.says('#overview .quantity', /bit\/s/);
    assert.equal(await root('theme') ?? 'none', 'none');
    assert.ok(await page.getByLabel('Show virtual interfaces').isChecked());
  }));

test('drawn more seldom where so chosen, and at once when something is done', () =>
  visit({}, async (view) => {
    const { page } = view;
    await view.state('Live');
    await page.click('#settings-open');
    await choose(view, 'Draw', 'every 5 seconds');
    await leave(view);
    await page.evaluate(() => {
      globalThis.changes = 0;
      new MutationObserver(() => globalThis.changes++).observe(document.querySelector('#overview .quantity .number'), { characterData: true, subtree: true, childList: true });
    });
    await page.waitForTimeout(4500);
    assert.ok((await page.evaluate(() => globalThis.changes)) <= 1);
    await page.keyboard.press('u');
    await view.says('#overview .quantity', /iB\/s/);
  }));

test('the help lists the keys that work, each key once; switched off they do not', () =>
  visit({}, async (view) => {
    const { page } = view;
    const says = (selector, value) => view.until(([where, wanted]) => document.querySelector(where).value === wanted, [selector, value]);
    await view.state('Live');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    const keys = await page.getByRole('dialog').locator('kbd').allTextContents();
    assert.equal(new Set(keys).size, keys.length);
    for (const key of ['Space', '/', '1', '6', '[', ']', '←', '→', '+', '-', '0', 'g', 'o', 'u', 't', '?', 'Esc']) assert.ok(keys.includes(key), key);
    await page.keyboard.press('u');
    assert.equal(await page.inputValue('#unit'), 'bit', 'a dialog keeps the keys to itself');
    const links = await page.getByRole('dialog').getByRole('link').evaluateAll((all) => all.map((link) => link.pathname));
    assert.deepEqual(links, ['/api/v1/openapi.yaml', '/api/v1/asyncapi.yaml', '/metrics']);
    await leave(view);
    await page.keyboard.press('4');
    await says('#window', '1800');
    await page.keyboard.press('+');
    await says('#window', '600');
    const selected = () => page.textContent('[aria-pressed=true].card-name');
    const first = await selected();
    await page.keyboard.press(']');
    await view.until((old) => document.querySelector('[aria-pressed=true].card-name').textContent !== old, first);
    await page.keyboard.press('[');
    await view.until((old) => document.querySelector('[aria-pressed=true].card-name').textContent === old, first);
    await page.click('#settings-open');
    await page.getByLabel('Single keys').uncheck();
    await leave(view);
    await page.keyboard.press('u');
    await page.keyboard.press('Space');
    assert.equal(await page.inputValue('#unit'), 'bit');
    assert.notEqual(await view.text('#state-word'), 'Paused');
  }));

test('Pause comes first after the skip link; every view by keyboard', () =>
  visit({}, async (view) => {
    const { page } = view;
    await view.state('Live');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'pause');
    await page.keyboard.press('Enter');
    await view.state('Paused');
    await page.keyboard.press('Space');
    await view.state('Live');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await view.until(() => document.querySelector('[data-tab=conn]').getAttribute('aria-current') === 'page' && document.querySelector('[data-part=overview]').hidden);
  }));

test('a hundred interfaces can be searched, and the rest of an address list opened by a button', () =>
  visit({}, async (view) => {
    const { page } = view;
    await view.state('Live');
    const more = page.locator('.card-more').first();
    assert.equal(await more.getAttribute('aria-expanded'), 'false');
    await more.focus();
    await page.keyboard.press('Enter');
    await page.getByText('2001:db8:10::10/64').first().waitFor();
    await page.getByLabel('Find interfaces').fill('veth001');
    await view.until(() => document.querySelectorAll('.cards > .card:not(.bone)').length === 10);
    await page.getByLabel('Find interfaces').fill('no such');
    await view.says('#cards .empty', /No interface matches/);
  }));
