// The search box's grammar: words that must all match, `key:value` for one field, `down>1M` for
// amounts, a leading minus for "not", `|` for "or" inside a value, quotes around blanks. Example:
// firefox port:443|80 remote:10.0.0.0/8 age<10s -lo
// A word nobody knows as a key is plain text, so an IPv6 address needs no quotes. Pure.

const TOKEN = /(-?)(?:([a-z_]+)(:|[<>]=?))?(?:"([^"]*)"?|(\S+))/gi;

const lower = (value) => (value === undefined || value === null ? '' : String(value).toLowerCase());

// All text of a record, in lower case, made when first asked for: records are never changed in place.
const texts = new WeakMap();
function textOf(row) {
  let text = texts.get(row);
  if (text === undefined) {
    text = [row.process_name, row.local_address, row.remote_address, row.state, row.connection_type, row.user, row.unit].map(lower).join('\n');
    texts.set(row, text);
  }
  return text;
}

// An address as its bits in hex, so that those of a network begin alike; null when it is none.
export function hexOf(address) {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const bytes = address.split('.').map(Number);
    return bytes.every((byte) => byte < 256) ? bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('') : null;
  }
  if (!/^[\da-f:]*:[\da-f:]*$/i.test(address) || address.includes(':::')) return null;
  const halves = address.split('::').map((half) => (half ? half.split(':') : []));
  const missing = 8 - halves.flat().length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null;
  const parts = halves.length === 2 ? [...halves[0], ...Array(missing).fill('0'), ...halves[1]] : halves[0];
  return parts.every((part) => /^[\da-f]{1,4}$/i.test(part)) ? parts.map((part) => part.toLowerCase().padStart(4, '0')).join('') : null;
}

function network(text) {
  const [address, length] = text.split('/');
  const hex = hexOf(address);
  if (hex === null || !/^\d{1,3}$/.test(length ?? '') || Number(length) > hex.length * 4) return null;
  const digits = Math.floor(length / 4);
  const [prefix, loose] = [hex.slice(0, digits), 4 - (length % 4)];
  const rest = (of) => Number.parseInt(of[digits] ?? '0', 16) >> loose;
  return (value) => {
    const other = typeof value === 'string' ? hexOf(value) : null;
    return other !== null && other.length === hex.length && other.startsWith(prefix) && rest(other) === rest(hex);
  };
}

function ports(text) {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!match) return null;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return first <= last && last < 65536 ? (port) => port >= first && port <= last : null;
}

const STATES = ['established', 'syn_sent', 'syn_received', 'new_syn_received', 'fin_wait1', 'fin_wait2', 'time_wait', 'close', 'close_wait', 'last_ack', 'listen', 'closing', 'unconnected'];
const LIMITS = ['application', 'receiver', 'sender', 'network'];
// Words match from their beginning, however their parts are joined: state:est, state:syn-s.
const oneOf = (pick, known) => (text) => {
  const wanted = text.replace(/[\s-]/g, '_');
  return known.some((word) => word.startsWith(wanted)) ? (row) => lower(pick(row)).startsWith(wanted) : null;
};

const portOf = (pick) => (text) => {
  const matches = ports(text);
  return matches && ((row) => pick(row).some(matches));
};
const addressOf = (pick) => (text) => {
  if (!text.includes('/')) return (row) => pick(row).some((value) => lower(value).includes(text));
  const matches = network(text);
  return matches && ((row) => pick(row).some(matches));
};
const field = (pick) => (text) => (row) => lower(pick(row)).includes(text);

// key -> a test for the text of a value, or null where that makes no sense.
const KEYS = {
  port: portOf((row) => [row.local_port, row.remote_port]),
  lport: portOf((row) => [row.local_port]),
  rport: portOf((row) => [row.remote_port]),
  state: oneOf((row) => row.state, STATES),
  limited: oneOf((row) => row.limited_by, LIMITS),
  proto: field((row) => row.connection_type),
  process: field((row) => row.process_name),
  pid: (text) => (/^\d+$/.test(text) ? (row) => String(row.pid) === text : null),
  user: (text) => (row) => lower(row.user).includes(text) || String(row.uid) === text,
  unit: field((row) => row.unit),
  container: (text) => (row) => /^[a-z]+:/.test(row.unit ?? '') && lower(row.unit).includes(text),
  addr: addressOf((row) => [row.local_address, row.remote_address]),
  local: addressOf((row) => [row.local_address]),
  remote: addressOf((row) => [row.remote_address]),
  iface: (text, context) => (row) => lower(context.interfaceOf(row)) === text,
};
const SAME_AS = {
  local_port: 'lport', remote_port: 'rport', process_name: 'process', connection_type: 'proto', type: 'proto',
  address: 'addr', ip: 'addr', local_address: 'local', remote_address: 'remote', interface: 'iface', if: 'iface',
  limited_by: 'limited', download: 'down', upload: 'up', retransmits: 'retrans',
};
const PORT = 'a port number, as in port:443 or port:8000-8999';
const NETWORK = 'an address or a network, as in remote:10.0.0.0/8 or remote:2001:db8::/32';
const WANTS = {
  port: PORT, lport: PORT, rport: PORT, addr: NETWORK, local: NETWORK, remote: NETWORK,
  pid: 'a process number, as in pid:1234',
  state: `one of ${STATES.join(', ')}`,
  limited: `one of ${LIMITS.join(', ')}`,
  down: 'a speed, as in down>1M (bits/s) or down>100kB (bytes/s)', rtt: 'a time, as in rtt>100 (ms) or rtt>1s',
  retrans: 'a number, as in retrans>0', age: 'a length of time, as in age<10s or age>2h',
};
WANTS.up = WANTS.down.replaceAll('down', 'up');
WANTS.rate = WANTS.down.replaceAll('down', 'rate');

const POWERS = ['', 'k', 'm', 'g', 't'];
// Speeds in bytes/s: 1M is bits by 1000, 1MB bytes by 1000, 1MiB bytes by 1024.
function speed(text) {
  const [, number, power, isBinary, unit] = /^(\d+(?:\.\d+)?)([kmgt]?)(i?)(B|b|bit)?(?:\/s)?$/i.exec(text) ?? [];
  if (number === undefined || (isBinary && unit !== 'B')) return null;
  return (Number(number) * (isBinary ? 1024 : 1000) ** POWERS.indexOf(power.toLowerCase())) / (unit === 'B' ? 1 : 8);
}
const timed = (units, usual) => (text) => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|[smhd])?$/i.exec(text) ?? [];
  return number === undefined ? null : Number(number) * units[lower(unit) || usual];
};
const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3.6e6, d: 8.64e7 };

const AMOUNTS = {
  down: { read: speed, of: (row) => row.download_speed },
  up: { read: speed, of: (row) => row.upload_speed },
  rate: { read: speed, of: ({ download_speed: down, upload_speed: up }) => (down === undefined ? up : down + (up ?? 0)) },
  rtt: { read: timed(MILLISECONDS, 'ms'), of: (row) => row.rtt_ms },
  retrans: { read: (text) => (/^\d+$/.test(text) ? Number(text) : null), of: (row) => row.retransmits },
  age: { read: timed(SECONDS, 's'), of: (row, context) => (context.now() - Date.parse(row.opened_at)) / 1000 },
};
const COMPARE = { '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b };

// The name of an interface means the interface; any other word is looked for in all text of a row.
function plainWord(text, context) {
  if (!context.isInterface(text)) return (row) => textOf(row).includes(text);
  return (row) => lower(context.interfaceOf(row)) === text || lower(row.process_name) === text;
}

function amount(key, sign, text, context) {
  const limit = AMOUNTS[key].read(text);
  if (limit === null) return null;
  const [of, compare] = [AMOUNTS[key].of, COMPARE[sign]];
  return (row) => compare(of(row, context), limit); // false of what is not known
}

// One condition of the query as {test}, or {problem} in words.
function condition({ key, sign, value, isQuoted }, context) {
  const known = SAME_AS[key] ?? key;
  const wrong = (text, rule = known) => ({ problem: `${key}${sign}${text} is not understood: ${key} wants ${WANTS[rule]}.` });
  const alternatives = isQuoted ? [value] : value.split('|').filter(Boolean);
  const isAmount = Object.hasOwn(AMOUNTS, known);
  if (!key || !(isAmount || Object.hasOwn(KEYS, known)) || (!isAmount && sign !== ':' && !WANTS[known])) {
    const words = key ? [`${key}${sign}${value}`] : alternatives;
    return { tests: words.map((word) => plainWord(lower(word), context)) };
  }
  if (isAmount !== (sign !== ':')) return wrong(value);
  const tests = [];
  for (const text of alternatives) {
    const test = isAmount ? amount(known, sign, text, context) : KEYS[known](lower(text), context);
    if (!test) return wrong(text);
    tests.push(test);
  }
  return { tests, isTimed: known === 'age' };
}

const NOWHERE = { isInterface: () => false, interfaceOf: (row) => row.interface, now: () => Date.now() };

// context: isInterface(name in lower case), interfaceOf(row), now() in ms. Returns {matches(row),
// problems, isEmpty, isTimed: the answer changes with time, isNaming: something is looked for and not
// only left out}; a condition that makes no sense is named in problems and otherwise left out.
export function parseQuery(text, context = NOWHERE) {
  const tests = [];
  const query = { problems: [], isEmpty: true, isTimed: false, isNaming: false };
  for (const [, minus, key, sign, quoted, bare] of text.matchAll(TOKEN)) {
    const value = quoted ?? bare;
    if (!value || value === '-' || value === '|' || (!key && /^[a-z_]+(:|[<>]=?)$/i.test(value))) continue; // still being typed
    const { tests: any, problem, isTimed } = condition({ key: key && lower(key), sign, value, isQuoted: quoted !== undefined }, context);
    if (problem) query.problems.push(problem);
    if (!any?.length) continue;
    const test = any.length === 1 ? any[0] : (row) => any.some((one) => one(row));
    tests.push(minus ? (row) => !test(row) : test);
    query.isNaming ||= !minus;
    query.isTimed ||= isTimed === true;
    query.isEmpty = false;
  }
  query.matches = (row) => tests.every((test) => test(row));
  return query;
}
