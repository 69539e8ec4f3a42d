// The page as build.mjs makes it: what it weighs, how it is named, what it refuses.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// Of what a visit fetches; and of what is fetched besides to install the page.
const MOST_BYTES = 130_000;
const MOST_TO_INSTALL_BYTES = 8_000;
const web = fileURLToPath(new URL('../..', import.meta.url));

// A copy of the sources, that a test may change.
function sources(t) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ifpulse-web-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const copy = path.join(folder, 'web');
  mkdirSync(copy);
  for (const name of readdirSync(web))
    if (!['node_modules', 'test', 'vendor'].includes(name)) cpSync(path.join(web, name), path.join(copy, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(path.join(web, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

const run = (copy, folder = 'page') => spawnSync(process.execPath, ['build.mjs', folder], { cwd: copy, encoding: 'utf8' });
function files(folder) {
  return readdirSync(folder).sort().flatMap((name) => {
    const inside = path.join(folder, name);
    return statSync(inside).isDirectory() ? files(inside).map((rest) => `${name}/${rest}`) : [name];
  });
}
function build(copy, folder = 'page') {
  const { status, stderr } = run(copy, folder);
  assert.equal(status, 0, stderr);
  const at = path.join(copy, folder);
  const [kept, ...others] = readdirSync(path.join(at, 'immutable'));
  assert.match(kept, /^[0-9a-f]{16}$/);
  assert.deepEqual(others, [], 'no older one is left');
  return { kept, files: files(at), read: (name) => readFileSync(path.join(at, name), 'utf8'), weigh: (name) => gzipSync(readFileSync(path.join(at, name)), { level: 9 }).length };
}

const copyOfAll = sources({ after });
const page = build(copyOfAll, 'first');

test('all that a visit fetches, compressed, is within its weight, and so is what installing takes', (t) => {
  const weight = (pattern) => page.files.filter((name) => pattern.test(name)).reduce((sum, name) => sum + page.weigh(name), 0);
  const [visit, toInstall] = [weight(/^index\.html$|^immutable\/.*(?<!LICENSE\.md)$/), weight(/^(?!index\.html|immutable\/)/)];
  const [scripts, style] = [weight(/\.js$/), weight(/\.css$/)];
  t.diagnostic(`a visit ${visit} bytes: scripts ${scripts}, style ${style}; to install ${toInstall}`);
  assert.ok(visit > 80_000 && visit <= MOST_BYTES, `${visit} bytes`);
  assert.ok(toInstall > 0 && toInstall <= MOST_TO_INSTALL_BYTES, `${toInstall} bytes`);
  assert.ok(style <= 8 * 1024, `style ${style}`);
});

test('the same sources have the same name, wherever; others have another, and the old one goes', () => {
  const change = (name, more) => appendFileSync(path.join(copyOfAll, name), more);
  change('js/dom.js', '\n// More words about it.\n');
  change('js/nobodys.js', 'export {};\n');
  assert.equal(build(copyOfAll, 'elsewhere').kept, page.kept, 'comments, and what nothing loads, do not count');
  const names = new Set([page.kept]);
  for (const [name, more] of [['js/theme.js', '\nglobalThis.more = 1;\n'], ['js/dom.js', '\nglobalThis.more = 1;\n'], ['app.css', '\n.more {}\n'], ['icon.svg', '\n']]) {
    change(name, more);
    const next = build(copyOfAll);
    assert.ok(!names.has(next.kept), name);
    names.add(next.kept);
    const outside = (made) => made.files.filter((file) => !file.startsWith('immutable/'));
    assert.deepEqual(outside(next), outside(page));
  }
});

test('what the page names is there, and the one script asks for no other', () => {
  const html = page.read('index.html');
  const named = [...html.matchAll(/<(link|script|img)\b[^>]*(?:href|src)="([^"]+)"/g)].map(([, , name]) => name);
  assert.ok(named.filter((name) => name.startsWith('immutable/')).length >= 3);
  for (const name of named) assert.ok(page.files.includes(name), name);
  const scripts = page.files.filter((name) => name.endsWith('.js'));
  assert.deepEqual(scripts.filter((name) => !named.includes(name)), []);
  for (const name of scripts) assert.ok(!/^import|;import/.test(page.read(name)), name);
  assert.match(page.read(scripts.find((name) => name.endsWith('main.js'))), /Chart\.js Contributors/, 'and says whose part of it is');
  const { icons } = JSON.parse(page.read('manifest.webmanifest'));
  for (const { src } of icons) assert.ok(page.files.includes(src), src);
});

test('what cannot be built is named, and nothing of others is touched', (t) => {
  const copy = sources(t);
  mkdirSync(path.join(copy, 'page/immutable/before'), { recursive: true });
  const fails = (pattern, folder) => {
    const { status, stderr } = run(copy, folder);
    assert.notEqual(status, 0);
    assert.match(stderr, pattern);
    assert.ok(existsSync(path.join(copy, 'page/immutable/before')), 'the page before it stays');
  };
  fails(/\/js is there and is not a page/, 'js');
  assert.ok(existsSync(path.join(copy, 'js/main.js')));
  fails(/name the folder/, '--omit=dev');
  const change = (name, from, to) => {
    const text = readFileSync(path.join(copy, name), 'utf8');
    writeFileSync(path.join(copy, name), text.replace(from, to));
    return () => writeFileSync(path.join(copy, name), text);
  };
  for (const [name, from, to, pattern] of [
    ['js/keys.js', /^/, "import './nowhere.js';\n", /js\/keys\.js:1: .*nowhere\.js/],
    ['js/activity.js', /^/, 'const const;\n', /js\/activity\.js:1: /],
    ['index.html', 'app.css', 'app2.css', /no web\/app2\.css/],
    ['vendor.json', /"sha256": "../, '"sha256": "00', /chart\.js.* has sha256 .*vendor\.json says 00/],
    ['vendor.json', /"version": "[^"]+"/, '"version": "1.0.0"', /chart\.js \S+ is installed, vendor\.json says 1\.0\.0/],
  ]) {
    const undo = change(name, from, to);
    fails(pattern);
    undo();
  }
});
