import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '../../js/query.js';
import { isLocal, nameOf, queryOf, ranked } from '../../js/views/programs.js';

const owners = new Map([
  ['a', { kind: 'process', process_name: 'firefox', user: 'anna', uid: 1000, download_speed: 100, upload_speed: 5 }],
  ['b', { kind: 'process', process_name: 'rsync', download_speed: 0, upload_speed: 300 }],
  ['c', { kind: 'user', uid: 33 }],
  ['d', { kind: 'container', unit: 'docker:0123', process_name: 'nginx', download_speed: 0, upload_speed: 0 }],
]);
const moved = (id) => ({ a: [9000, 0], d: [500, 500] })[id] ?? [0, 0];

test('the first moves most now, or most in the range; who moved nothing is not there', () => {
  assert.deepEqual(ranked(owners, moved, { byMoved: false }).map(({ id }) => id), ['b', 'a', 'd']);
  assert.deepEqual(ranked(owners, moved, { byMoved: true }).map(({ id }) => id), ['a', 'd', 'b']);
});

test('what they are called', () => {
  assert.deepEqual([...owners].map(([id, record]) => nameOf(id, record)), ['firefox', 'rsync', 'user 33', 'nginx']);
  assert.equal(nameOf('x', { kind: 'unit', unit: 'cron.service', process_name: 'sh' }), 'cron.service');
  assert.equal(nameOf('user:', {}), 'user:');
});

test("the search they set finds their connections", () => {
  const rows = [
    [{ kind: 'process', process_name: 'Web Content' }, { process_name: 'Web Content' }],
    [{ kind: 'process', process_name: 'nginx', unit: 'nginx.service' }, { process_name: 'nginx' }],
    [{ kind: 'container', unit: 'docker:0123', process_name: 'x' }, { unit: 'docker:0123' }],
    [{ kind: 'user', user: 'anna' }, { user: 'anna' }],
  ];
  for (const [owner, connection] of rows) {
    const query = parseQuery(queryOf(owner));
    assert.deepEqual(query.problems, []);
    assert.ok(query.matches(connection) && !query.matches({ process_name: 'other', user: 'root', unit: 'ssh.service' }), queryOf(owner));
  }
});

test('local is who moves less than half of it through counted interfaces, where that is known', () => {
  assert.equal(isLocal({ download_speed: 100, upload_speed: 100, external_download_speed: 10, external_upload_speed: 80 }), true);
  assert.equal(isLocal({ download_speed: 100, upload_speed: 100, external_download_speed: 10, external_upload_speed: 100 }), false);
  assert.equal(isLocal({ download_speed: 100, upload_speed: 100 }), false);
  assert.equal(isLocal({ download_speed: 0, upload_speed: 0, external_download_speed: 0, external_upload_speed: 0 }), false);
});
