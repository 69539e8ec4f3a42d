// What the cross build for macOS made is what a Mac would take: node products.test.mjs ARCH LIBRARY,
// where LIBRARY is libifpulse of this Linux, whose exports are those of macOS too.
//
// A Mach-O file, as far as it is read here: a header, load commands, and a table of symbols.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const [arch, linuxLibrary] = process.argv.slice(2);
const build = fileURLToPath(new URL(`../../../build/macos-${arch}`, import.meta.url));

const MAGIC_64 = 0xfeedfacf;
const CPU = { arm64: 0x0100000c, x86_64: 0x01000007 };
const FILE = { program: 2, library: 6 };
const COMMAND = {
  symbols: 0x2,
  library: 0xc,
  ownName: 0xd,
  signature: 0x1d,
  binds: 0x80000022,
  main: 0x80000028,
  version: 0x32,
  chainedBinds: 0x80000034,
};
const MACOS = 1;
const SYMBOL = { size: 16, debug: 0xe0, private: 0x10, kind: 0x0e, external: 0x01 };
const UNDEFINED = 0;

const HOMEBREW = { arm64: '/opt/homebrew/opt', x86_64: '/usr/local/opt' }[arch];
const SYSTEM = '/usr/lib/libSystem.B.dylib';
const SERVER_USES = [
  `${HOMEBREW}/jansson/lib/libjansson.4.dylib`,
  `${HOMEBREW}/libwebsockets/lib/libwebsockets.22.dylib`,
  `${HOMEBREW}/openssl@3/lib/libcrypto.3.dylib`,
  `${HOMEBREW}/openssl@3/lib/libssl.3.dylib`,
  `${HOMEBREW}/zlib/lib/libz.1.dylib`,
  SYSTEM,
];
const OWN_LIBRARY = path.join(build, 'libifpulse.0.dylib'); // as built; installing renames it

function textAt(bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

// [number of the command, where it is] each.
function commandsOf(bytes) {
  const commands = [];
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    commands.push([bytes.readUInt32LE(at), at]);
    at += bytes.readUInt32LE(at + 4);
  }
  return commands;
}

// What others may link to, and what is wanted of others.
function readSymbols(bytes, at) {
  const [table, count, names] = [8, 12, 16].map((offset) => bytes.readUInt32LE(at + offset));
  const symbols = { exports: [], imports: [] };
  for (let i = 0; i < count; i++) {
    const entry = table + i * SYMBOL.size;
    const type = bytes[entry + 4];
    if (type & SYMBOL.debug || !(type & SYMBOL.external) || type & SYMBOL.private) continue;
    const list = (type & SYMBOL.kind) === UNDEFINED ? symbols.imports : symbols.exports;
    list.push(textAt(bytes, names + bytes.readUInt32LE(entry)));
  }
  return symbols;
}

function readMachO(name) {
  const bytes = readFileSync(path.join(build, name));
  assert.equal(bytes.readUInt32LE(0), MAGIC_64, `${name} is a Mach-O file of 64 bits`);
  const commands = commandsOf(bytes);
  const all = (command) => commands.filter(([number]) => number === command).map(([, at]) => at);
  const nameIn = (at) => textAt(bytes, at + bytes.readUInt32LE(at + 8));
  const [version] = all(COMMAND.version);
  return {
    cpu: bytes.readUInt32LE(4),
    type: bytes.readUInt32LE(12),
    has: (command) => all(command).length > 0,
    platform: bytes.readUInt32LE(version + 8),
    oldest: [bytes.readUInt16LE(version + 14), bytes[version + 13]].join('.'),
    ownName: all(COMMAND.ownName).map(nameIn)[0],
    uses: all(COMMAND.library).map(nameIn).sort(),
    ...readSymbols(bytes, all(COMMAND.symbols)[0]),
  };
}

function checkKind(file, type) {
  assert.equal(file.cpu, CPU[arch]);
  assert.equal(file.type, type);
  assert.equal(file.platform, MACOS);
  assert.equal(file.oldest, '12.0');
  // Apple's processors run nothing that is not signed, be it by nobody.
  if (arch === 'arm64') assert.ok(file.has(COMMAND.signature));
  // What tests/darwin's loader understands.
  assert.ok(file.has(COMMAND.binds) && !file.has(COMMAND.chainedBinds));
}

function linuxExports() {
  const lines = execFileSync('nm', ['-D', '--defined-only', '--format=posix', linuxLibrary], { encoding: 'latin1' });
  return lines.trim().split('\n').map((line) => `_${line.split(' ')[0]}`).sort();
}

test('the server is a program that uses libSystem and its four libraries', () => {
  const file = readMachO('ifpulse');
  checkKind(file, FILE.program);
  assert.ok(file.has(COMMAND.main));
  assert.deepEqual(file.uses, [...SERVER_USES].sort());
  assert.ok(file.imports.includes('_sysctl'), 'it asks the kernel');
});

test('the library exports what it does on Linux, and uses libSystem alone', () => {
  const file = readMachO('libifpulse.dylib');
  checkKind(file, FILE.library);
  assert.equal(file.ownName, OWN_LIBRARY);
  assert.deepEqual(file.uses, [SYSTEM]);
  assert.deepEqual(file.exports.sort(), linuxExports());
});

test('the examples use the library alone, but for the client of the stream', () => {
  const names = readdirSync(path.join(build, 'examples'));
  assert.ok(names.includes('list_interfaces') && names.includes('follow'));
  for (const name of names) {
    const file = readMachO(path.join('examples', name));
    checkKind(file, FILE.program);
    const own = name === 'follow' ? SERVER_USES.slice(0, 2) : [OWN_LIBRARY];
    assert.deepEqual(file.uses, [...own, SYSTEM].sort(), name);
  }
});
