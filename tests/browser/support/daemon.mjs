// The real server and real networks for tests: all in namespaces of our own, which end with the
// processes that hold them, so nothing is left behind however a test ends.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

// These tests change links and routes: never outside a network namespace made for them (isolated.mjs).
export function assertOwnNamespace() {
  const links = JSON.parse(execFileSync('ip', ['-json', 'link', 'show'])).map(({ ifname }) => ifname);
  assert.deepEqual(links.filter((name) => name === 'eth0' || name.startsWith('en')), [], 'run this by support/isolated.mjs, in a network namespace of its own');
}

export const ip = (...words) => execFileSync('ip', words, { encoding: 'utf8' });

export class Child {
  constructor(command, args, options = {}) {
    this.output = '';
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (this.output += text));
    this.ended = once(this.process, 'close').catch(() => {});
  }

  async says(pattern, timeout = 10_000) {
    const end = Date.now() + timeout;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      assert.ok(Date.now() < end && this.process.exitCode === null, `waited for ${pattern}, got: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(signal = 'SIGTERM') {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    await this.ended;
    return this.process.exitCode;
  }
}

// With the page that was built with it.
export async function startDaemon(binary = process.env.IFPULSE, options = []) {
  assert.ok(binary, 'IFPULSE must name the server to test');
  const daemon = new Child(binary, ['--listen', '127.0.0.1:0', ...options]);
  [, daemon.url] = await daemon.says(/listening on (http:\S+)/);
  return daemon;
}

// Another network namespace, with a cable to this one: link `name` here, `far` there.
export class Neighbour {
  async open({ name, here, there }) {
    this.holder = new Child('unshare', ['--net', '--', 'sh', '-c', 'echo ready; exec sleep infinity']);
    await this.holder.says(/ready/);
    this.pid = String(this.holder.process.pid);
    ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'far', 'netns', this.pid);
    ip('address', 'add', `${here}/24`, 'dev', name);
    ip('link', 'set', name, 'up');
    this.run('ip', 'address', 'add', `${there}/24`, 'dev', 'far');
    this.run('ip', 'link', 'set', 'far', 'up');
    return this;
  }

  run(...words) {
    return execFileSync('nsenter', ['--target', this.pid, '--net', '--', ...words], { encoding: 'utf8' });
  }

  spawn(...words) {
    return new Child('nsenter', ['--target', this.pid, '--net', '--', ...words]);
  }

  close() {
    return this.holder.stop('SIGKILL');
  }
}
