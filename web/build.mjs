// Makes the page that is served out of the sources: `node build.mjs FOLDER [--omit=dev]`
//
// The modules become one with those parts of Chart.js that they use, without comments and long names:
// as many small files and a whole library they would weigh a third more, and be asked for one by one.
// All that index.html loads goes into one folder named by a hash of it, immutable/<hash>/, so that
// browsers may keep it for good. index.html says where.
//
// npm's packages are installed first when they are missing or older than the lock file. The
// libraries, checked against vendor.json, also go to vendor/, where the sources look for them.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TARGET = 'es2022';
// What is asked for by its own name, by those who keep the page on a screen of theirs.
const NAMED = ['manifest.webmanifest', 'icon.svg', 'icon-192.png', 'icon-512.png', 'icon-maskable.svg'];
const LOADED = /(<(?:link(?! rel="(?:manifest|apple-touch-icon)")|script|img) [^>]*(?:href|src)=")([^":]+)"/g;

const here = fileURLToPath(new URL('.', import.meta.url));
const at = (...parts) => path.join(here, ...parts);
const stop = (message) => {
  console.error(`web/build.mjs: ${message}`);
  process.exit(1);
};

// --- npm's packages ---

// An earlier build without tests may have left the packages of the tests out.
function isInstalled() {
  const stamp = at('node_modules', '.package-lock.json');
  if (!existsSync(stamp) || statSync(stamp).mtimeMs < statSync(at('package-lock.json')).mtimeMs) return false;
  const { dependencies, devDependencies } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  const wanted = process.argv.includes('--omit=dev') ? dependencies : { ...dependencies, ...devDependencies };
  return Object.keys(wanted).every((name) => existsSync(at('node_modules', name)));
}

function install(options) {
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', ...options], { cwd: here, stdio: 'inherit' });
  if (error || status !== 0) stop(`npm ci failed${error ? `: ${error.message}` : ''}`);
  const now = new Date();
  utimesSync(at('node_modules', '.package-lock.json'), now, now);
}

function copyLibrary(name, from, { to, sha256 }) {
  const content = readFileSync(at('node_modules', name, from));
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) stop(`${name}/${from} has sha256 ${found}, vendor.json says ${sha256}`);
  const target = at('vendor', to);
  writeFileSync(`${target}.new`, content);
  renameSync(`${target}.new`, target);
}

function fillVendor() {
  mkdirSync(at('vendor'), { recursive: true });
  for (const [name, { version, files }] of Object.entries(JSON.parse(readFileSync(at('vendor.json'), 'utf8')))) {
    const installed = JSON.parse(readFileSync(at('node_modules', name, 'package.json'), 'utf8')).version;
    if (installed !== version) stop(`${name} ${installed} is installed, vendor.json says ${version}`);
    for (const [from, target] of Object.entries(files)) copyLibrary(name, from, target);
  }
}

// --- the page ---

function read(name) {
  if (!existsSync(at(name))) stop(`there is no web/${name}`);
  return readFileSync(at(name));
}

// The library as a whole, as the sources have it, and what is taken of it.
const chartParts = {
  name: 'chart-parts',
  setup: ({ onResolve }) => onResolve({ filter: /\/chart\.umd\.min\.js$/ }, () => ({ path: at('chart-parts.mjs'), sideEffects: true })),
};

// One script, and of a module all that it imports.
async function shrink(name) {
  const { build: bundle } = await import('esbuild');
  const options = { absWorkingDir: here, entryPoints: [name], bundle: true, minify: true, format: 'esm', target: TARGET, plugins: [chartParts], legalComments: 'eof' };
  const { outputFiles } = await bundle({ ...options, write: false, logLevel: 'silent' }).catch(({ errors: [{ text, location }] }) => {
    stop(`${location ? `${location.file}:${location.line}: ` : ''}${text}`);
  });
  return Buffer.from(outputFiles[0].contents);
}

// Name -> content of what index.html loads, with the libraries' licences.
async function gather(index) {
  const loaded = [...index.matchAll(LOADED)].map(([, , name]) => name);
  const files = new Map();
  for (const name of [...new Set(loaded)].sort()) files.set(name, existsSync(at(name)) && name.endsWith('.js') ? await shrink(name) : read(name));
  for (const name of readdirSync(at('vendor')).sort()) if (name.endsWith('.md')) files.set(`vendor/${name}`, read(`vendor/${name}`));
  return files;
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const [name, content] of files) hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 16);
}

const pointInto = (folder, index, files) => index.replace(LOADED, (whole, before, name) => (files.has(name) ? `${before}${folder}/${name}"` : whole));

// The whole folder at once: nobody finds half a page, nor files of an older one.
function replaceFolder(folder, files) {
  const made = `${folder}.new`;
  if (existsSync(folder) && readdirSync(folder).length && !existsSync(path.join(folder, 'immutable'))) stop(`${folder} is there and is not a page of mine`);
  rmSync(made, { recursive: true, force: true });
  for (const [name, content] of files) {
    mkdirSync(path.dirname(path.join(made, name)), { recursive: true });
    writeFileSync(path.join(made, name), content);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(made, folder);
}

async function build(folder) {
  const index = String(read('index.html'));
  const gathered = await gather(index);
  const kept = `immutable/${hashOf(gathered)}`;
  const files = new Map([...gathered].map(([name, content]) => [`${kept}/${name}`, content]));
  files.set('index.html', pointInto(kept, index, gathered));
  for (const name of NAMED) files.set(name, read(name));
  replaceFolder(folder, files);
}

const [folder, ...options] = process.argv.slice(2);
if (!folder || folder.startsWith('-')) stop('name the folder to make: node build.mjs FOLDER [--omit=dev]');
if (!isInstalled()) install(options);
fillVendor();
await build(path.resolve(folder));
