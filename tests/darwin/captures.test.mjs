// `ifpulse capture`, as built for macOS, run by tests/darwin/loader on the Macs of tests/darwin/scenario:
// what it saves is a script from which the same Mac is seen again.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';

const { MACHRUN, IFPULSE_MACOS, DARWIN_SCENARIO } = process.env;

if (!existsSync(IFPULSE_MACOS)) {
  console.log(`skipped: there is no ${IFPULSE_MACOS}, which the cross build for macOS makes`);
  process.exit(77);
}

function temporaryFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ifpulse-capture-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function ifpulse(kernel, ...words) {
  const env = { ...process.env, IFPULSE_KERNEL_SCRIPT: kernel };
  return spawnSync(MACHRUN, [IFPULSE_MACOS, ...words], { env, encoding: 'utf8' });
}

// What does not change from reading to reading.
function seen(kernel) {
  const { status, stdout, stderr } = ifpulse(kernel, 'snapshot', '--interval-ms', '50', '--topics', 'interfaces,connections');
  assert.equal(status, 0, stderr);
  const { interfaces, connections } = JSON.parse(stdout).data;
  return {
    interfaces: Object.values(interfaces).map(({ name, type, kind, is_up, mac_address, addresses, mtu, link_speed, lower }) =>
      ({ name, type, kind, is_up, mac_address, addresses, mtu, link_speed, lower })),
    connections: Object.values(connections).map(({ connection_type, local_address, local_port, remote_address, remote_port, state, pid, process_name, uid }) =>
      ({ connection_type, local_address, local_port, remote_address, remote_port, state, pid, process_name, uid })),
  };
}

for (const scenario of ['macbook', 'macos14', 'hidden']) {
  test(`${scenario}: a capture shows the same Mac again, and is its owner's alone`, (t) => {
    const folder = temporaryFolder(t);
    const [kernel, capture] = ['kernel', 'capture'].map((name) => path.join(folder, name));
    mkdirSync(kernel);
    assert.equal(spawnSync(DARWIN_SCENARIO, [kernel, scenario], { stdio: 'inherit' }).status, 0);
    const { status, stdout, stderr } = ifpulse(kernel, 'capture', capture);
    assert.deepEqual([status, stderr], [0, '']);
    const files = readdirSync(capture);
    assert.match(stdout, new RegExp(`^${capture}: ${files.length} files of what macOS answered .* They hold this machine's addresses,`));
    assert.ok(files.includes('sysctl.4.17.0.0.6.0') && files.includes('sysctl.net.inet.tcp.pcblist_n'), files.join(' '));
    assert.equal(statSync(capture).mode & 0o777, 0o700);
    for (const file of files) assert.equal(statSync(path.join(capture, file)).mode & 0o777, 0o600, file);
    const again = seen(capture);
    assert.ok(again.interfaces.length > 0 && again.connections.length > 0);
    assert.deepEqual(again, seen(kernel));
  });
}

test('on a Mac too a folder that has something in it is refused, and left alone', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'mine'), '');
  const { status, stderr } = ifpulse(folder, 'capture', folder);
  assert.equal(status, 2);
  assert.match(stderr, /is not empty/);
  assert.deepEqual(readdirSync(folder), ['mine']);
});
