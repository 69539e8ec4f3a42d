import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '../../js/query.js';
import { chance } from './random.js';

const ROWS = [
  { id: 'web', process_name: 'firefox', pid: 10, user: 'anna', uid: 1000, local_address: '192.0.2.1', local_port: 40000, remote_address: '198.51.100.7', remote_port: 443, state: 'established', connection_type: 'tcp', iface: 'eth0', download_speed: 125_000, upload_speed: 1000, rtt_ms: 120, retransmits: 3, opened_at: '2026-01-31T11:59:55.000Z', limited_by: 'receiver' },
  { id: 'lo', process_name: 'postgres', pid: 11, unit: 'postgresql.service', local_address: '127.0.0.1', local_port: 5432, remote_address: '127.0.0.1', remote_port: 50001, state: 'established', connection_type: 'tcp', iface: 'lo', download_speed: 0, upload_speed: 0, rtt_ms: 0.1, retransmits: 0, opened_at: '2026-01-31T09:00:00.000Z', limited_by: 'application' },
  { id: 'loki', process_name: 'loki', pid: 12, unit: 'docker:0123456789ab', local_address: '192.0.2.1', local_port: 443, state: 'listen', connection_type: 'tcp', iface: 'eth0' },
  { id: 'six', process_name: 'Web Content', local_address: 'fe80::1', local_port: 1, remote_address: '2001:db8::443', remote_port: 8443, state: 'syn_sent', connection_type: 'udp' },
  { id: 'nameless', local_address: '0.0.0.0', local_port: 53, state: 'time_wait', connection_type: 'tcp' },
];
const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const context = { now: () => NOW, isInterface: (word) => ['lo', 'eth0'].includes(word), interfaceOf: (row) => row.iface };
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
  ['port:443|5432', 'web lo loki'],
  ['port:1-100|8443', 'six nameless'],
  ['-port:443|5432', 'six nameless'],
  ['firefox|postgres', 'web lo'],
  ['"firefox|postgres"', ''],
  ['user:ann', 'web'],
  ['user:1000', 'web'],
  ['unit:postgres', 'lo'],
  ['unit:docker', 'loki'],
  ['container:0123', 'loki'],
  ['container:postgres', ''],
  ['remote:198.51.100.0/24', 'web'],
  ['addr:127.0.0.0/8', 'lo'],
  ['addr:192.0.2.0/30', 'web loki'],
  ['addr:192.0.2.2/31', ''],
  ['addr:0.0.0.0/0', 'web lo loki nameless'],
  ['addr:fe80::/10', 'six'],
  ['remote:2001:DB8::/32', 'six'],
  ['remote:2001:db8::443/128', 'six'],
  ['-addr:192.0.2.1/32', 'lo six nameless'],
  ['down>=1M', 'web'],
  ['down>1M', ''],
  ['down>122kiB', 'web'],
  ['down>=125kB', 'web'],
  ['up<=8k', 'web lo'],
  ['rate>1M', 'web'],
  ['down<1', 'lo'],
  ['-down>0', 'lo loki six nameless'],
  ['rtt>100', 'web'],
  ['rtt>0.1s', 'web'],
  ['retrans>0', 'web'],
  ['age<10s', 'web'],
  ['age>2h', 'lo'],
  ['age<=5', 'web'],
  ['limited:rec', 'web'],
  ['limited_by:receiver|application', 'web lo'],
  ['down>', 'web lo loki six nameless'],
  ['port:443|', 'web loki'],
  ['<img src=x onerror=alert(1)>', ''],
  ['process>x', ''],
]) test(`search ${JSON.stringify(query)}`, () => assert.equal(found(query), expected));

for (const [query, wrong, right] of [
  ['port:https', 'port:https', 'port:443'],
  ['port:443|x', 'port:x', 'port:443'],
  ['port:9-1', 'port:9-1', 'port:8000-8999'],
  ['port>1024', 'port>1024', 'port:8000-8999'],
  ['pid:x', 'pid:x', 'pid:1234'],
  ['remote:10.0.0.0/33', 'remote:10.0.0.0/33', 'remote:10.0.0.0/8'],
  ['addr:10.0.0/8', 'addr:10.0.0/8', 'remote:10.0.0.0/8'],
  ['state:foo', 'state:foo', 'established, syn_sent'],
  ['limited:foo', 'limited:foo', 'application, receiver'],
  ['down:1M', 'down:1M', 'down>1M'],
  ['down>fast', 'down>fast', 'down>1M'],
  ['up>1Mi', 'up>1Mi', 'up>100kB'],
  ['rate>x', 'rate>x', 'rate>1M'],
  ['rtt>1w', 'rtt>1w', 'rtt>100'],
  ['retrans>1.5', 'retrans>1.5', 'retrans>0'],
  ['age<soon', 'age<soon', 'age<10s'],
]) test(`${query} is named with what would be right`, () => {
  const { problems, isEmpty } = parseQuery(`firefox ${query}`, context);
  assert.equal(problems.length, 1);
  assert.ok(problems[0].includes(wrong) && problems[0].includes(right), problems[0]);
  assert.equal(isEmpty, false);
  assert.equal(found(`firefox ${query}`), 'web', 'and left out');
});

test('what a query is like', () => {
  const like = (text) => {
    const { isEmpty, isTimed, isNaming } = parseQuery(text, context);
    return { isEmpty, isTimed, isNaming };
  };
  assert.deepEqual(like(' '), { isEmpty: true, isTimed: false, isNaming: false });
  assert.deepEqual(like('-lo'), { isEmpty: false, isTimed: false, isNaming: false });
  assert.deepEqual(like('age<10s'), { isEmpty: false, isTimed: true, isNaming: true });
});

// The model: conditions as data, judged in the plainest way.
const bits = (address) => address.split('.').map((byte) => Number(byte).toString(2).padStart(8, '0')).join('');
const MAKE = [
  (next) => {
    const ports = Array.from({ length: 1 + next.below(3) }, () => 1 + next.below(6));
    return { text: `port:${ports.join('|')}`, holds: (row) => ports.includes(row.local_port) || ports.includes(row.remote_port) };
  },
  (next) => {
    const low = 1 + next.below(4);
    return { text: `rport:${low}-${low + 2}`, holds: (row) => row.remote_port !== undefined && row.remote_port >= low && row.remote_port <= low + 2 };
  },
  (next) => {
    const [address, length] = [`10.${next.below(3)}.${next.below(256)}.${next.below(4)}`, next.below(33)];
    return { text: `remote:${address}/${length}`, holds: (row) => row.remote_address !== undefined && bits(row.remote_address).slice(0, length) === bits(address).slice(0, length) };
  },
  (next) => {
    const [limit, sign] = [next.below(5), next.pick(['<', '>', '<=', '>='])];
    const isWord = { '<': (speed) => speed < limit, '>': (speed) => speed > limit, '<=': (speed) => speed <= limit, '>=': (speed) => speed >= limit };
    return { text: `down${sign}${limit}kB`, holds: (row) => row.download_speed !== undefined && isWord[sign](row.download_speed / 1000) };
  },
  (next) => {
    const word = next.pick(['a', 'ab', 'c', 'B']);
    return { text: word, holds: (row) => [row.process_name, row.user].some((value) => value?.toLowerCase().includes(word.toLowerCase())) };
  },
];

test('property: a query of many conditions is all of them', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const next = chance(seed);
    const maybe = (value) => (next() < 0.2 ? undefined : value);
    const rows = Array.from({ length: 20 }, () => ({
      process_name: maybe(next.pick(['abc', 'Bc', 'x'])), user: maybe(next.pick(['ab', 'c'])), local_port: maybe(1 + next.below(6)), remote_port: maybe(1 + next.below(6)),
      remote_address: maybe(`10.${next.below(3)}.${next.below(256)}.${next.below(4)}`), download_speed: maybe(next.below(5) * 1000),
    }));
    const conditions = Array.from({ length: 1 + next.below(3) }, () => ({ ...next.pick(MAKE)(next), isNot: next() < 0.3 }));
    const text = conditions.map(({ text: word, isNot }) => (isNot ? '-' : '') + word).join(' ');
    const { matches, problems } = parseQuery(text);
    assert.deepEqual(problems, [], text);
    for (const row of rows)
      assert.equal(matches(row), conditions.every(({ holds, isNot }) => holds(row) !== isNot), `seed ${seed}: ${text} of ${JSON.stringify(row)}`);
  }
});
