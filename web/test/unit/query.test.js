import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '../../js/query.js';

const ROWS = [
  { id: 'web', process_name: 'firefox', pid: 10, local_address: '192.0.2.1', local_port: 40000, remote_address: '198.51.100.7', remote_port: 443, state: 'established', connection_type: 'tcp', iface: 'eth0' },
  { id: 'lo', process_name: 'postgres', pid: 11, local_address: '127.0.0.1', local_port: 5432, remote_address: '127.0.0.1', remote_port: 50001, state: 'established', connection_type: 'tcp', iface: 'lo' },
  { id: 'loki', process_name: 'loki', pid: 12, local_address: '192.0.2.1', local_port: 443, state: 'listen', connection_type: 'tcp', iface: 'eth0' },
  { id: 'six', process_name: 'Web Content', local_address: 'fe80::1', local_port: 1, remote_address: '2001:db8::443', remote_port: 8443, state: 'syn_sent', connection_type: 'udp' },
  { id: 'nameless', local_address: '0.0.0.0', local_port: 53, state: 'time_wait', connection_type: 'tcp' },
];
const context = { isInterface: (word) => ['lo', 'eth0'].includes(word), interfaceOf: (row) => row.iface };
const found = (text) => {
  const { matches } = parseQuery(text, context);
  return ROWS.filter(matches).map(({ id }) => id).join(' ');
};

for (const [query, expected] of [
  ['', 'web lo loki six nameless'],
  ['firefox', 'web'],
  ['FIREFOX', 'web'],
  ['firefox port:443 state:est iface:eth0 -lo', 'web'],
  ['port:443', 'web loki'],
  ['rport:443', 'web'],
  ['port:8000-9000', 'six'],
  ['-port:443', 'lo six nameless'],
  ['state:est', 'web lo'],
  ['state:SYN-S', 'six'],
  ['state:time_w', 'nameless'],
  ['iface:lo', 'lo'],
  ['lo', 'lo'],
  ['-lo', 'web loki six nameless'],
  ['lok', 'loki'],
  ['"web content"', 'six'],
  ['process:"web c"', 'six'],
  ['fe80::1', 'six'],
  ['2001:db8::443', 'six'],
  ['addr:127.', 'lo'],
  ['remote:127', 'lo'],
  ['proto:udp', 'six'],
  ['pid:11', 'lo'],
  ['pid:1', ''],
  ['-', 'web lo loki six nameless'],
  ['state:', 'web lo loki six nameless'],
  ['"', 'web lo loki six nameless'],
  ['constructor:x', ''],
]) test(`search ${JSON.stringify(query)}`, () => assert.equal(found(query), expected));

test('a condition that makes no sense is named and left out', () => {
  const { problems, isEmpty } = parseQuery('port:https pid:x firefox', context);
  assert.equal(problems.length, 2);
  assert.match(problems[0], /port: wants a port number/);
  assert.equal(isEmpty, false);
  assert.equal(found('port:https firefox'), 'web');
});
