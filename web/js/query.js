// The search box's grammar: words that must all match, `key:value` for one field, a leading minus
// for "not", quotes around blanks. Example: firefox port:443 state:est iface:eth0 -lo
// A word nobody knows as a key is plain text, so an IPv6 address needs no quotes.

const TOKEN = /(-?)(?:([a-z_]+):)?(?:"([^"]*)"?|(\S+))/gi;

const lower = (value) => (value === undefined || value === null ? '' : String(value).toLowerCase());
const has = (value, wanted) => lower(value).includes(wanted);

function ports(text) {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!match) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return (port) => typeof port === 'number' && port >= first && port <= last;
}

// State names match from their beginning, however their words are joined: state:est, state:syn-s.
const stateWord = (text) => lower(text).replace(/[\s-]/g, '_');

const anyPort = (pick) => (text) => {
  const matches = ports(text);
  return matches && ((row) => pick(row).some(matches));
};
const field = (pick) => (text) => (row) => pick(row).some((value) => has(value, text));

const KEYS = {
  port: anyPort((row) => [row.local_port, row.remote_port]),
  lport: anyPort((row) => [row.local_port]),
  rport: anyPort((row) => [row.remote_port]),
  state: (text) => (row) => stateWord(row.state).startsWith(stateWord(text)),
  proto: field((row) => [row.connection_type]),
  process: field((row) => [row.process_name]),
  pid: (text) => (/^\d+$/.test(text) ? (row) => String(row.pid) === text : null),
  user: field((row) => [row.user]),
  unit: field((row) => [row.unit]),
  addr: field((row) => [row.local_address, row.remote_address]),
  local: field((row) => [row.local_address]),
  remote: field((row) => [row.remote_address]),
  iface: (text, context) => (row) => lower(context.interfaceOf(row)) === text,
};
const SAME_AS = {
  local_port: 'lport', remote_port: 'rport', process_name: 'process', connection_type: 'proto', type: 'proto',
  address: 'addr', ip: 'addr', local_address: 'local', remote_address: 'remote', interface: 'iface', if: 'iface',
};
const WANTS = { port: 'a port number, as in port:443 or port:8000-8999', pid: 'a process number, as in pid:1234' };

const textOf = (row) => [row.process_name, row.local_address, row.remote_address, row.state, row.connection_type, row.user, row.unit];

// The name of an interface means the interface; any other word is looked for in all text of a row.
function plainWord(text, context) {
  const matches = (row) => textOf(row).some((value) => has(value, text));
  if (!context.isInterface(text)) return matches;
  return (row) => lower(context.interfaceOf(row)) === text || lower(row.process_name) === text;
}

function condition(key, text, context) {
  const known = SAME_AS[key] ?? key;
  if (!Object.hasOwn(KEYS, known)) return { test: plainWord(`${key}:${text}`, context) };
  const test = KEYS[known](text, context);
  return test ? { test } : { problem: `${key}: wants ${WANTS[known.endsWith('port') ? 'port' : known]}` };
}

const NOWHERE = { isInterface: () => false, interfaceOf: (row) => row.interface };

// context: isInterface(name in lower case), interfaceOf(row). Returns {matches(row), problems, isEmpty};
// a condition that makes no sense is named in problems and otherwise left out.
export function parseQuery(text, context = NOWHERE) {
  const tests = [];
  const problems = [];
  for (const [, minus, key, quoted, bare] of text.matchAll(TOKEN)) {
    const value = lower(quoted ?? bare);
    if (!value || value === '-' || (!key && /^[a-z_]+:$/.test(value))) continue; // still being typed
    const { test, problem } = key ? condition(lower(key), value, context) : { test: plainWord(value, context) };
    if (problem) problems.push(problem);
    else tests.push(minus ? (row) => !test(row) : test);
  }
  return { matches: (row) => tests.every((test) => test(row)), problems, isEmpty: tests.length === 0 };
}
