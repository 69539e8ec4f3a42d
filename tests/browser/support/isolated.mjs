// node isolated.mjs FILE: runs a test file in a network namespace of its own, in which only the
// loopback is up. Without root it takes a user namespace along, where the system allows that.

import { spawnSync } from 'node:child_process';

const user = process.getuid() === 0 ? [] : ['--map-root-user'];
const inside = 'ip link set lo up && exec "$0" "$@"';
const { status, error, signal } = spawnSync(
  'unshare', [...user, '--net', '--', 'sh', '-c', inside, process.execPath, '--test', ...process.argv.slice(2)], { stdio: 'inherit' });
if (error) console.error(error.message);
process.exit(status ?? (signal ? 1 : 2));
