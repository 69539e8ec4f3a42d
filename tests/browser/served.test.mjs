// The page as the server gives it out: how much comes over the line, what a second visit fetches, that
// it can be installed, and that its policy hinders nothing that it does.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startDaemon } from './support/daemon.mjs';
import { Browser, visiting } from './support/page.mjs';

const MOST_BYTES = 130_000;
const SOURCES = fileURLToPath(new URL('../../web', import.meta.url));

let browser;
let daemon;
before(async () => {
  daemon = await startDaemon();
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await daemon?.stop();
});
const visit = (options, act) => visiting(browser, daemon.url, options, act);

// What the page has fetched of itself, as [path, bytes of the body as it came]; 0 where it was kept.
const fetched = (view) =>
  view.page.evaluate(() => performance.getEntries()
    .filter(({ name, entryType }) => ['navigation', 'resource'].includes(entryType) && !name.includes('/api/'))
    .map(({ name, transferSize, encodedBodySize }) => [new URL(name).pathname, transferSize && encodedBodySize]));

test('all that the page fetches is within its weight, and fetched once', (t) =>
  visit({}, async (view) => {
    await view.state('Live');
    const all = await fetched(view);
    const sum = all.reduce((bytes, [, body]) => bytes + body, 0);
    t.diagnostic(`${all.length} requests, ${sum} bytes`);
    assert.ok(sum > 70_000 && sum <= MOST_BYTES, `${sum} bytes`);
    const paths = all.map(([name]) => name);
    assert.ok(paths.every((name) => name === '/' || name.startsWith('/immutable/')), paths.join(' '));
    const code = paths.filter((name) => /\.(js|css)$/.test(name));
    assert.equal(new Set(code).size, code.length, code.join(' ')); // the icon may be wanted twice at once
  }));

test('a second visit asks whether the page is the same, and for nothing else', () =>
  visit({}, async (view) => {
    await view.state('Live');
    const session = await view.page.context().newCDPSession(view.page);
    await session.send('Network.enable');
    const answers = new Map(); // what came over the line
    session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => answers.set(requestId, statusCode));
    const urls = new Map();
    session.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, new URL(request.url).pathname));
    await view.page.goto('about:blank');
    await view.page.goto(daemon.url);
    await view.state('Live');
    const came = [...urls].filter(([id, name]) => answers.has(id) && !name.startsWith('/api/')).map(([id, name]) => [name, answers.get(id)]);
    assert.deepEqual(came, [['/', 304]]);
    assert.ok([...urls.values()].filter((name) => /^\/immutable\/.*\.(js|css)$/.test(name)).length >= 3, 'the rest was kept');
  }));

test('the sources work as they are, and complain of nothing', async () => {
  const other = await startDaemon(process.env.IFPULSE, ['--web', SOURCES]);
  try {
    await visiting(browser, other.url, {}, async (view) => {
      await view.state('Live');
      await view.until(() => document.querySelectorAll('.card').length > 0);
      assert.ok((await fetched(view)).some(([name]) => name === '/js/main.js'));
    });
  } finally {
    await other.stop();
  }
});

// A reverse proxy that has the page below /net/.
async function startProxy() {
  const { hostname, port, host } = new URL(daemon.url);
  const inner = (url) => (url.startsWith('/net/') ? url.slice(4) : '/nothing-here');
  const headersOf = ({ headers }) => ({ ...headers, host, ...(headers.origin && { origin: `http://${host}` }) });
  const asked = [];
  const proxy = http.createServer((request, response) => {
    asked.push(request.url);
    http.get({ hostname, port, path: inner(request.url), headers: headersOf(request) }, (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)));
  });
  proxy.on('upgrade', (request, socket) => {
    const line = net.connect(port, hostname, () => {
      const headers = Object.entries(headersOf(request)).map(([name, value]) => `${name}: ${value}\r\n`);
      line.write(`GET ${inner(request.url)} HTTP/1.1\r\n${headers.join('')}\r\n`);
      line.pipe(socket).pipe(line);
    });
    for (const end of [line, socket]) end.on('error', () => {});
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return { proxy, asked, url: `http://127.0.0.1:${proxy.address().port}/net/` };
}

test('below a path of a reverse proxy the page is the same, live, with its manifest', async () => {
  const { proxy, asked, url } = await startProxy();
  try {
    await visiting(browser, url, {}, async (view) => {
      await view.state('Live');
      const session = await view.page.context().newCDPSession(view.page);
      const { url: manifest, errors } = await session.send('Page.getAppManifest');
      assert.equal(manifest, new URL('manifest.webmanifest', url).href);
      assert.deepEqual(errors, []);
      assert.deepEqual(asked.filter((name) => !name.startsWith('/net/')), []);
    });
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
});

test('the page can be installed: Chromium finds nothing amiss with its manifest and icons', async () => {
  const person = await Browser.openProfile();
  try {
    const page = await person.chromium.newPage();
    await page.goto(daemon.url);
    const session = await page.context().newCDPSession(page);
    const { data, errors } = await session.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    const { icons, display, start_url: start } = JSON.parse(data);
    assert.deepEqual([display, start], ['standalone', '.']);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors, []);
    // As large as they say they are.
    for (const { src, sizes, type } of icons) {
      const found = await page.evaluate(async (address) => {
        const image = new Image();
        image.src = address;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      }, src);
      if (type === 'image/png') assert.deepEqual(found, sizes.split('x').map(Number), src);
      else assert.equal(found[0], found[1], src);
    }
    const touch = await page.getAttribute('link[rel="apple-touch-icon"]', 'href');
    assert.ok(icons.some(({ src }) => src === touch));
  } finally {
    await person.close();
  }
});

test('downloads of what the page made and an icon from script are within the policy', () =>
  visit({}, async (view) => {
    await view.state('Live');
    const coming = view.page.waitForEvent('download');
    await view.page.evaluate(() => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(['a,b\r\n'], { type: 'text/csv' }));
      link.download = 'made.csv';
      link.click();
      const icon = document.querySelector('link[rel="icon"]');
      icon.href = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')}`;
      const drawn = document.createElement('canvas');
      const other = new Image();
      other.src = drawn.toDataURL();
      return other.decode();
    });
    const download = await coming;
    assert.equal(download.suggestedFilename(), 'made.csv');
    assert.equal(await readFile(await download.path(), 'utf8'), 'a,b\r\n');
  }));

test('the policy is in force: elements and code out of text, and policies of its own, are refused', () =>
  visit({ expected: /TrustedHTML|TrustedScript|trusted-types|policy:|Refused|violates|requires/i }, async (view) => {
    await view.state('Live');
    const refused = await view.page.evaluate(() => {
      const tries = {
        markup: () => (document.createElement('p').innerHTML = '<b>x</b>'),
        code: () => document.createElement('script').setAttribute('src', 'https://elsewhere.example/x.js'),
        text: () => (document.createElement('script').text = '1'),
        policy: () => trustedTypes.createPolicy('mine', {}),
      };
      return Object.entries(tries).filter(([, act]) => {
        try {
          act();
          return false;
        } catch (error) {
          return error instanceof TypeError;
        }
      }).map(([name]) => name);
    });
    assert.deepEqual(refused, ['markup', 'code', 'text', 'policy']);
    const isReported = () => view.complaints.some((text) => text.startsWith('policy: '));
    for (let tries = 0; !isReported() && tries < 100; tries++) await view.page.waitForTimeout(100);
    assert.ok(isReported(), 'and reported');
  }));
