// A browser with the page in it, for tests. Whatever the page complains about (console errors, broken
// security policy, failed requests, uncaught errors) is kept and is a failure of the test.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const require = createRequire(new URL('../../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const OWN_DOING = /willReadFrequently/; // said of Visit.pixels, not of the page

export class Browser {
  // Fresh, with a profile folder of its own that goes away with it.
  static async open() {
    const browser = new Browser();
    browser.chromium = await chromium.launch(await browser.#prepare());
    return browser;
  }

  // The same as people have it, who can install pages; where visits are apart, nothing can be.
  static async openProfile() {
    const browser = new Browser();
    const options = await browser.#prepare();
    browser.chromium = await chromium.launchPersistentContext(browser.folder, options);
    return browser;
  }

  async #prepare() {
    this.folder = await mkdtemp(path.join(os.tmpdir(), 'ifpulse-browser-'));
    return {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ARGUMENTS,
      env: { ...process.env, HOME: this.folder, XDG_CONFIG_HOME: this.folder, XDG_CACHE_HOME: this.folder },
    };
  }

  // options: playwright's of a context, `expected` (complaints that are part of the test, as a
  // pattern), `before(page)` run before the page is loaded.
  async visit(url, { expected = null, before = () => {}, ...options } = {}) {
    const context = await this.chromium.newContext({ viewport: { width: 1280, height: 1000 }, locale: 'en-GB', timezoneId: 'UTC', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !OWN_DOING.test(message.text()) && complaints.push(`${message.type()}: ${message.text()}`));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
    await page.exposeFunction('reportViolation', (text) => complaints.push(`policy: ${text}`));
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI}`)));
    await before(page);
    await page.goto(url);
    return new Visit(page, complaints, expected);
  }

  async close() {
    await this.chromium.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

export class Visit {
  constructor(page, complaints, expected) {
    Object.assign(this, { page, complaints, expected });
  }

  text(selector) {
    return this.page.textContent(selector).then((text) => text.replaceAll('\u00a0', ' '));
  }

  // Waits for the word of the state in the header.
  async state(word, timeout = 15_000) {
    await this.page.waitForFunction((wanted) => document.getElementById('state-word').textContent === wanted, word, { timeout }).catch(async () => {
      assert.fail(`the page says "${await this.text('#state-word')}", not "${word}"; complaints: ${this.complaints.join(' | ')}`);
    });
  }

  // Waits until what the function gives in the page is truthy, and returns it.
  async until(what, argument, timeout = 15_000) {
    const result = await this.page.waitForFunction(what, argument, { timeout }).catch((error) => assert.fail(`${error.message.split('\n')[0]}: ${what}`));
    return result.jsonValue();
  }

  // Waits until the text matches: what the page knows it draws a frame later.
  async says(selector, pattern) {
    const matches = ([where, source]) => new RegExp(source).test((document.querySelector(where)?.textContent ?? '').replaceAll('\u00a0', ' '));
    await this.page.waitForFunction(matches, [selector, pattern.source], { timeout: 15_000 }).catch(async () => assert.fail(`${selector} does not say ${pattern} but: ${await this.text(selector).catch(() => 'it is not there')}`));
  }

  // Lets the page's clock jump ahead.
  jump(milliseconds) {
    return this.page.evaluate((ahead) => {
      const now = performance.now.bind(performance);
      performance.now = () => now() + ahead;
    }, milliseconds);
  }

  notice(key) {
    return this.page.locator(`#notices [data-key="${key}"]`);
  }

  // Pixels of the canvas that are near a colour: {count, columns: [x…]} in CSS pixels; only those
  // below a part of its height, where asked.
  async pixels(selector, color, { tolerance = 60, below = 0 } = {}) {
    return this.page.evaluate(([where, token, most, top]) => {
      const canvas = document.querySelector(where);
      const probe = document.createElement('span');
      document.body.append(probe);
      probe.style.color = token.startsWith('--') ? `var(${token})` : token;
      const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
      probe.remove();
      const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const columns = new Set();
      let count = 0;
      for (let at = width * Math.floor(height * top); at < width * height; at++) {
        const [red, green, blue, alpha] = data.subarray(at * 4, at * 4 + 4);
        if (alpha < 128 || Math.abs(red - r) + Math.abs(green - g) + Math.abs(blue - b) > most) continue;
        count++;
        columns.add(Math.floor(((at % width) * canvas.clientWidth) / width));
      }
      return { count, columns: [...columns].sort((a, b) => a - b) };
    }, [selector, color, tolerance, below]);
  }

  // Ends the visit; nothing may have gone wrong that the test did not announce.
  async leave() {
    await this.page.context().close();
    const { expected } = this;
    assert.deepEqual(this.complaints.filter((text) => !(expected && expected.test(text))), [], 'the page complained');
  }
}

// use(browser, visit…) in tests: runs act with a visit that is always left, complaints checked only
// when act itself went well.
export async function visiting(browser, url, options, act) {
  const visit = await browser.visit(url, options);
  try {
    await act(visit);
  } catch (error) {
    await visit.page.context().close().catch(() => {});
    throw error;
  }
  await visit.leave();
}

export const axeSource = () => require('axe-core').source;
