// Puts the libraries the page loads into vendor/, from npm's packages, after checking each file's
// sha256 against vendor.json. Installs the packages first when they are missing or older than the
// lock file. `node vendor.mjs [--omit=dev]`

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const at = (...parts) => path.join(here, ...parts);
const stop = (message) => {
  console.error(`vendor: ${message}`);
  process.exit(1);
};

// An earlier build without tests may have left the packages of the tests out.
function isInstalled() {
  const stamp = at('node_modules', '.package-lock.json');
  if (!existsSync(stamp) || statSync(stamp).mtimeMs < statSync(at('package-lock.json')).mtimeMs) return false;
  const { dependencies, devDependencies } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  const wanted = process.argv.includes('--omit=dev') ? dependencies : { ...dependencies, ...devDependencies };
  return Object.keys(wanted).every((name) => existsSync(at('node_modules', name)));
}

function install() {
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', ...process.argv.slice(2)], { cwd: here, stdio: 'inherit' });
  if (error || status !== 0) stop(`npm ci failed${error ? `: ${error.message}` : ''}`);
  const now = new Date();
  utimesSync(at('node_modules', '.package-lock.json'), now, now);
}

function copy(name, from, { to, sha256 }) {
  const content = readFileSync(at('node_modules', name, from));
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) stop(`${name}/${from} has sha256 ${found}, vendor.json says ${sha256}`);
  const target = at('vendor', to);
  writeFileSync(`${target}.new`, content);
  renameSync(`${target}.new`, target);
}

if (!isInstalled()) install();
mkdirSync(at('vendor'), { recursive: true });
for (const [name, { version, files }] of Object.entries(JSON.parse(readFileSync(at('vendor.json'), 'utf8')))) {
  const installed = JSON.parse(readFileSync(at('node_modules', name, 'package.json'), 'utf8')).version;
  if (installed !== version) stop(`${name} ${installed} is installed, vendor.json says ${version}`);
  for (const [from, target] of Object.entries(files)) copy(name, from, target);
}
