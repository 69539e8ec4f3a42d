// Accessibility by axe, in both themes and the states that look different; and a control: faults
// planted on purpose must be found, or the other tests say nothing.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { start } from '../../web/test/fake-server.js';
import { Browser, axeSource, visiting } from './support/page.mjs';

let browser;
let server;
before(async () => {
  browser = await Browser.open();
  server = await start({ connections: 300, capabilities: { owners: { status: 'permission', detail: 'Needs CAP_SYS_PTRACE.' } } });
});
after(async () => {
  await server?.close();
  await browser?.close();
});

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function violations(view) {
  await view.page.evaluate(axeSource());
  const { violations: found } = await view.page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}

// axe comes in by evaluate, which the page's own policy rightly forbids.
const visit = (options, act) => visiting(browser, server.url, { bypassCSP: true, expected: /WebSocket connection/, ...options }, act);

for (const colorScheme of ['light', 'dark']) {
  test(`live, ${colorScheme}`, () =>
    visit({ colorScheme }, async (view) => {
      await view.state('Live');
      await view.until(() => document.querySelector('.tally').textContent === '304');
      server.network.addEvent('link_up', 'eth0', 'eth0: the link is up');
      await view.page.locator('.fold > summary').click();
      await view.page.waitForTimeout(1500);
      assert.deepEqual(await violations(view), []);
    }));

  test(`paused, cut, as a table, nothing found, ${colorScheme}`, () =>
    visit({ colorScheme }, async (view) => {
      await view.state('Live');
      await view.page.getByRole('button', { name: 'View as table' }).click();
      await view.page.click('#pause');
      await view.page.fill('#search', 'nothing port:x');
      server.faults.refuse = true;
      server.cut();
      await view.state('Reconnecting');
      try {
        assert.deepEqual(await violations(view), []);
      } finally {
        server.faults.refuse = false;
      }
    }));
}

for (const colorScheme of ['light', 'dark'])
  test(`menu, settings, help, ${colorScheme}`, () =>
    visit({ colorScheme }, async (view) => {
      await view.state('Live');
      await view.page.locator('#export summary').click();
      assert.deepEqual(await violations(view), []);
      await view.page.click('#settings-open');
      assert.deepEqual(await violations(view), []);
      await view.page.getByRole('button', { name: 'Help and keys' }).last().click();
      assert.deepEqual(await violations(view), []);
    }));

for (const colorScheme of ['light', 'dark'])
  test(`connecting, then a token is asked for, ${colorScheme}`, async () => {
    const closed = await start({ connections: 20, tokens: { secret: 'interfaces' } });
    closed.faults.stall = true;
    await visiting(browser, closed.url, { bypassCSP: true, colorScheme, expected: /WebSocket|401/ }, async (view) => {
      await view.page.waitForTimeout(300);
      assert.deepEqual(await violations(view), []);
      closed.faults.stall = false;
      closed.cut();
      await view.page.getByLabel('Access token').fill('secret');
      assert.deepEqual(await violations(view), []);
      await view.page.getByLabel('Access token').press('Enter');
      await view.state('Live');
      await view.notice('refused topics').waitFor();
      assert.deepEqual(await violations(view), []);
    }).finally(() => closed.close());
  });

test('in the colours a person forces, 320 pixels wide, with text twice as large', () =>
  visit({ viewport: { width: 320, height: 720 }, forcedColors: 'active', reducedMotion: 'reduce' }, async (view) => {
    await view.state('Live');
    assert.deepEqual(await violations(view), []);
    assert.equal(await view.page.evaluate(() => document.getAnimations().length), 0);
    await view.page.evaluate(() => document.documentElement.style.setProperty('font-size', '175%'));
    assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
  }));

test('what has the focus is not under the header, and is large enough to be hit', () =>
  visit({ viewport: { width: 1000, height: 700 } }, async (view) => {
    await view.state('Live');
    await view.until(() => document.querySelectorAll('.rows .row:not([hidden])').length > 5);
    await view.page.evaluate(() => scrollTo(0, 1e6));
    const under = [];
    for (let step = 0; step < 40; step++) {
      await view.page.keyboard.press(step < 20 ? 'Tab' : 'Shift+Tab');
      const found = await view.page.evaluate(() => {
        const { activeElement: node } = document;
        const [box, head] = [node, document.querySelector('.top')].map((one) => one.getBoundingClientRect());
        const isUnder = !node.closest('.top, .skip') && node !== document.body && box.bottom <= head.bottom && box.bottom > head.top;
        return isUnder ? node.outerHTML.slice(0, 120) : null;
      });
      if (found) under.push(found);
    }
    assert.deepEqual(under, []);
    const small = await view.page.evaluate(() => [...document.querySelectorAll('.top :is(button, a, select, summary), #cards :is(button, summary), #notices button')]
      .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()]).filter(([, { width, height }]) => width > 0 && (width < 24 || height < 24)).map(([text]) => text));
    assert.deepEqual(small, []);
  }));

test('held to its CPU budget', () =>
  visit({}, async (view) => {
    Object.assign(server.network, { collection: 'owners', connectionsInterval: 16_000 });
    try {
      await view.state('Live');
      await view.notice('budget').waitFor();
      await view.says('.tally', /only added up by owner now/);
      assert.deepEqual(await violations(view), []);
    } finally {
      server.network.collection = 'full';
    }
  }));

test('small, light', () =>
  visit({ viewport: { width: 320, height: 720 } }, async (view) => {
    await view.state('Live');
    await view.page.waitForTimeout(1200);
    assert.deepEqual(await violations(view), []);
  }));

test('control: planted faults are found', () =>
  visit({}, async (view) => {
    await view.state('Live');
    await view.page.evaluate(() => {
      const add = (tag, attributes, text = '') => {
        const node = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
        node.textContent = text;
        document.querySelector('main').append(node);
        return node;
      };
      add('button', {});
      add('img', { src: 'icon.svg' });
      const faint = add('p', {}, 'hardly to be read');
      faint.style.color = '#c0c0c0';
      faint.style.background = '#ffffff';
    });
    const found = new Set((await violations(view)).map((text) => text.split(':')[0]));
    for (const id of ['button-name', 'image-alt', 'color-contrast']) assert.ok(found.has(id), id);
  }));
