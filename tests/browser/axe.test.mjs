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
