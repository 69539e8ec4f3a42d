// What can be asked of the fake server's topics, and what of their records an answer tells. The names of
// fields, their types and words are those of docs/schema.yaml, so they cannot be others here.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { HISTORY_RATES } from './fake-script.js';

const { parseYaml } = createRequire(import.meta.url)('@redocly/openapi-core');
const { $defs } = parseYaml(readFileSync(new URL('../../docs/schema.yaml', import.meta.url), 'utf8'));
const TOPICS = { interfaces: 'Interface', connections: 'Connection', owners: 'Owner', totals: 'Totals', events: 'Event', server: 'Server' };
export const TOPIC_NAMES = Object.keys(TOPICS);
export const COLLECTIONS = new Set(['interfaces', 'connections', 'owners', 'events']);
const MEMBERS = new Set(['op', 'id', 'topic', 'filter', 'fields', 'sort', 'limit', 'interval_ms', 'since', 'history_s', 'compress']);
const NETWORKS = new Set(['address', 'addresses', 'local_address', 'remote_address']);
const HIDDEN = new Set(['addresses', 'mac_address']);
const SHOWN_EVENTS = ['link_up', 'link_down', 'interface_added', 'interface_removed', 'counter_reset', 'overrun', 'over_budget'];

export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const properties = (topic) => $defs[TOPICS[topic]].properties;
export const fieldsOf = (topic) => Object.keys(properties(topic));
const isList = (topic, field) => properties(topic)[field]?.type === 'array';
const isInteger = (value, least, most) => Number.isSafeInteger(value) && value >= least && value <= most;
const listOf = (value) => (Array.isArray(value) ? value : [value]);

function sortables(topic) {
  return fieldsOf(topic).filter((field) => !isList(topic, field));
}

function filterables(topic) {
  const special = { interfaces: ['address'], connections: ['address', 'port'], events: ['address', 'port'], owners: [] }[topic];
  return [...new Set([...special, ...fieldsOf(topic)])];
}

function blocksOf(text) {
  const match = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text);
  const family = match && net.isIP(match[1]);
  if (!family || Number(match[2] ?? 0) > (family === 4 ? 32 : 128)) return null;
  const blocks = new net.BlockList();
  blocks.addSubnet(match[1], Number(match[2] ?? (family === 4 ? 32 : 128)), `ipv${family}`);
  return (address) => {
    const bare = address.split('/')[0];
    return net.isIP(bare) > 0 && blocks.check(bare, `ipv${net.isIP(bare)}`);
  };
}

function glob(pattern) {
  const source = [...pattern].map((char) => ({ '*': '.*', '?': '.' })[char] ?? char.replace(/[\\^$.|+()[\]{}]/g, '\\$&')).join('');
  return new RegExp(`^${source}$`, 'su');
}

// A test of one value, or a refusal that says what it must be.
function wordOf(topic, name, value) {
  const refuse = (what) => {
    throw new Refusal('bad_filter', `"${name}" in the filter is ${value}; it must be ${what}`);
  };
  if (NETWORKS.has(name)) return (typeof value === 'string' && blocksOf(value)) || refuse('an address or a network, such as 10.0.0.0/8');
  if (name === 'port') return isInteger(value, 0, 65535) ? (field) => field === value : refuse('a port number');
  const { type, enum: words } = properties(topic)[name];
  if (words) return words.includes(value) ? (field) => field === value : refuse(`one of: ${words.join(', ')}`);
  if (name === 'process_name' && typeof value === 'string') {
    const pattern = /[*?]/.test(value) && glob(value);
    return pattern ? (field) => pattern.test(field) : (field) => field.includes(value);
  }
  const expected = { integer: 'number', number: 'number', array: name === 'pids' ? 'number' : 'string' }[type] ?? type;
  return typeof value === expected ? (field) => field === value : refuse(`a ${expected}`);
}

const SEVERAL = { port: ['local_port', 'remote_port'], address: ['local_address', 'remote_address', 'addresses', 'address'] };

function termOf(topic, name, value) {
  if (!filterables(topic).includes(name)) throw new Refusal('bad_filter', `${topic} cannot be filtered by "${name}"; there are: ${filterables(topic).join(', ')}`);
  const values = listOf(value);
  if (values.length < 1 || values.length > 256) throw new Refusal('bad_filter', `"${name}" in the filter must be a value or a list of 1 to 256`);
  const words = values.map((one) => wordOf(topic, name, one));
  const keys = SEVERAL[name] ?? [name];
  return (record) => keys.some((key) => record[key] !== undefined && listOf(record[key]).some((field) => words.some((word) => word(field))));
}

function narrow(query, { scope }) {
  if (scope !== 'interfaces') return;
  const { topic } = query;
  const refuse = (code, message) => {
    throw new Refusal(code, message);
  };
  if (topic === 'connections' || topic === 'owners') refuse('forbidden', `${topic} are not for the scope of this token, which is "interfaces"; ask with another`);
  const asked = [...(query.fields ?? []), ...Object.keys(query.filter ?? {}), (query.sort ?? '').replace(/^-/, '')];
  const hidden = topic === 'interfaces' && asked.find((field) => HIDDEN.has(field) || field === 'address');
  if (hidden) refuse('bad_field', `"${hidden}" of ${topic} is not for the scope of this token; leave it out`);
  if (topic === 'interfaces') query.fields ??= fieldsOf(topic).filter((field) => !HIDDEN.has(field));
  if (topic !== 'events') return;
  const kind = listOf(query.filter?.event ?? []).find((word) => !SHOWN_EVENTS.includes(word));
  if (kind) refuse('forbidden', `events of kind "${kind}" are not for the scope of this token; ask for others`);
  query.filter = { event: SHOWN_EVENTS, ...query.filter };
}

// { topic, filter, fields, sort, limit } checked; throws a Refusal.
export function queryOf({ topic, filter, fields, sort, limit }, access = {}) {
  const query = { topic, filter, fields, sort, limit };
  const isCollection = COLLECTIONS.has(topic);
  for (const [name, code] of [['filter', 'bad_filter'], ['sort', 'bad_sort'], ['limit', 'bad_limit']])
    if (!isCollection && query[name] !== undefined) throw new Refusal(code, `${topic} is one record and takes no "${name}"; leave it out`);
  if (filter !== undefined && (filter === null || typeof filter !== 'object' || Array.isArray(filter)))
    throw new Refusal('bad_filter', '"filter" must be an object such as {"state":["established","listen"]}');
  if (fields !== undefined && (!Array.isArray(fields) || !fields.length)) throw new Refusal('bad_field', '"fields" must be a list of names, one at least');
  const unknown = fields?.find((field) => !fieldsOf(topic).includes(field));
  if (unknown !== undefined) throw new Refusal('bad_field', `${topic} have no field "${unknown}"; there are: ${fieldsOf(topic).join(', ')}`);
  if (sort !== undefined && !sortables(topic).includes(String(sort).replace(/^-/, '')))
    throw new Refusal('bad_sort', `${topic} cannot be sorted by "${sort}"; with or without a minus in front there are: ${sortables(topic).join(', ')}`);
  if (limit !== undefined && !isInteger(limit, 1, 100_000)) throw new Refusal('bad_limit', `"limit" is ${limit}; it must be an integer from 1 to 100000`);
  narrow(query, access);
  const terms = Object.entries(query.filter ?? {}).map(([name, value]) => termOf(topic, name, value));
  if (topic === 'events' && !query.filter?.event) terms.push((record) => record.event !== 'connection_closed');
  const told = query.fields && fieldsOf(topic).filter((field) => query.fields.includes(field));
  const isAll = !terms.length && !told && !sort && !limit;
  return { topic, terms, sort, limit, told: told ?? fieldsOf(topic), isAll, isPart: Boolean(told), key: JSON.stringify([topic, query.filter, told, sort, limit]), cache: new WeakMap() };
}

// A subscribe message's own members, beside those of the query.
export function wishesOf(message, topics = TOPIC_NAMES) {
  const refuse = (code, words) => {
    throw new Refusal(code, words);
  };
  const stranger = Object.keys(message).find((name) => !MEMBERS.has(name));
  if (stranger) refuse('bad_message', `subscribe has no member "${stranger}"`);
  const { id, topic, interval_ms: interval, since, history_s: historyS, compress } = message;
  if (!isInteger(id, 0, Number.MAX_SAFE_INTEGER)) refuse('bad_id', id === undefined ? '"id" is missing; give an integer of your own choice' : '"id" must be an integer from 0 to 2^53');
  if (!topics.includes(topic)) refuse('unknown_topic', `there is no topic "${topic}"; there are: ${topics.join(', ')}`);
  if (interval !== undefined && !isInteger(interval, 50, 3_600_000)) refuse('bad_interval', '"interval_ms" must be an integer from 50 to 3600000');
  const isSince = since === undefined || (since && typeof since === 'object' && typeof since.instance === 'string' && isInteger(since.revision, 0, Infinity) && Object.keys(since).length === 2);
  if (!isSince) refuse('bad_since', '"since" must be {"instance": text of hello, "revision": integer of the last message}');
  if (historyS !== undefined && !HISTORY_RATES[topic]) refuse('bad_message', `"history_s" goes with interfaces, owners and totals; "${topic}" has no history`);
  if (historyS !== undefined && !isInteger(historyS, 1, 86_400)) refuse('bad_message', '"history_s" must be an integer from 1 to 86400 seconds');
  if (compress !== undefined && compress !== 'deflate') refuse('bad_message', '"compress" must be "deflate", or be left out');
  return { id, topic, interval, since, historyS, isCompressed: compress === 'deflate' };
}

const compareValues = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const compareIds = (a, b) => (/^\d+$/.test(a) && /^\d+$/.test(b) ? a - b : compareValues(a, b));

function order(entries, sort) {
  const isDown = sort?.startsWith('-');
  const key = sort?.replace(/^-/, '');
  return entries.sort(([a, left], [b, right]) => {
    const [x, y] = [left[key], right[key]];
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || compareIds(a, b);
    return (isDown ? compareValues(y, x) : compareValues(x, y)) || compareIds(a, b);
  });
}

// Only the fields that were asked for; the same record gives the same object, as differences want it.
function told(query, record) {
  if (!query.isPart) return record;
  if (!query.cache.has(record)) query.cache.set(record, Object.fromEntries(query.told.filter((field) => record[field] !== undefined).map((field) => [field, record[field]])));
  return query.cache.get(record);
}

// What the query tells of a state's topic: a Map, or a record.
export function select(query, state) {
  const whole = state[query.topic];
  if (!COLLECTIONS.has(query.topic)) return told(query, whole);
  if (query.isAll) return whole;
  let entries = [...whole].filter(([, record]) => query.terms.every((matches) => matches(record)));
  if (query.sort || query.limit) entries = order(entries, query.sort);
  return new Map(entries.slice(0, query.limit).map(([id, record]) => [id, told(query, record)]));
}
