// The fake server's REST: the same documents as on the stream, as docs/rest.md has them.

import { patchOf } from './fake-messages.js';
import { COLLECTIONS, Refusal, TOPIC_NAMES, queryOf } from './fake-query.js';

class Problem extends Error {
  constructor(status, type, title, detail) {
    super(detail);
    this.body = { type: `/problems/${type}`, title, status, detail };
  }
}
const bad = (detail) => new Problem(400, 'bad-request', 'Bad request', detail);
const notFound = (detail) => new Problem(404, 'not-found', 'Not found', detail);

const plain = (value) => (value instanceof Map ? Object.fromEntries(value) : value);

function wordsOf(query, known) {
  const words = {};
  for (const [name, value] of query) {
    if (!known.includes(name)) throw bad(`There is no parameter "${name}" here; there are: ${known.join(', ')}.`);
    if (name in words) throw bad(`"${name}" is given twice.`);
    words[name] = value;
  }
  return words;
}

function seconds(words, name, otherwise) {
  if (words[name] === undefined) return otherwise;
  const value = Number(words[name]);
  if (!Number.isInteger(value) || value < 1 || value > 86_400) throw bad(`"${name}" is "${words[name]}"; it must be an integer from 1 to 86400.`);
  return value;
}

function snapshot(server, query, access) {
  const words = wordsOf(query, ['topics', 'since', 'instance']);
  const topics = words.topics?.split(',') ?? TOPIC_NAMES.filter((topic) => topic !== 'events');
  const stranger = topics.find((topic) => !TOPIC_NAMES.includes(topic));
  if (stranger !== undefined) throw bad(`"topics" names "${stranger}", which is no topic; there are: ${TOPIC_NAMES.join(', ')}.`);
  const reached = topics.map((topic) => [topic, server.select(queryOf({ topic }, access), server.current)]);
  return { count: Object.fromEntries(reached.filter(([topic]) => COLLECTIONS.has(topic)).map(([topic, data]) => [topic, data.size])), data: Object.fromEntries(reached.map(([topic, data]) => [topic, plain(data)])) };
}

// since a revision that is remembered: a patch; else the state.
function topicOf(server, topic, parameters, access) {
  const { since, instance, fields, sort, limit, ...rest } = Object.fromEntries(parameters);
  if (since !== undefined && !/^\d+$/.test(since)) throw bad(`"since" is "${since}"; it must be the revision number of an earlier answer.`);
  const asked = { topic, ...(fields && { fields: fields.split(',') }), ...(sort && { sort }), ...(limit && { limit: Number(limit) }) };
  const valueOf = (text) => (/^\d+$/.test(text) ? Number(text) : text === 'true' ? true : text === 'false' ? false : text);
  if (Object.keys(rest).length) asked.filter = Object.fromEntries(Object.entries(rest).map(([name, text]) => [name, text.split(',').map(valueOf)]));
  const query = queryOf(asked, access);
  const now = server.select(query, server.current);
  const count = COLLECTIONS.has(topic) ? now.size : undefined;
  const kept = since !== undefined && (instance ?? server.instance) === server.instance && server.history.find(({ revision }) => revision === Number(since));
  if (!kept) return { count, data: plain(now) };
  const parts = patchOf(topic, server.select(query, kept), now) ?? ['{}'];
  return { since: kept.revision, count, patch: Object.assign({}, ...parts.map((part) => JSON.parse(part))) };
}

function history(server, parameters, access) {
  const words = wordsOf(parameters, ['topic', 'interface', 'owner', 'window_s', 'step_s']);
  const subjects = ['topic', 'interface', 'owner'].filter((name) => words[name] !== undefined);
  if (subjects.length > 1) throw bad(`"${subjects[0]}" and "${subjects[1]}" are given; one of them is enough.`);
  const topic = words.topic ?? (words.owner === undefined ? 'interfaces' : 'owners');
  if (!['interfaces', 'owners', 'totals'].includes(topic)) throw bad(`"topic" is "${topic}"; there are: interfaces, owners, totals.`);
  const id = words.interface ?? words.owner;
  const result = server.past(queryOf({ topic }, access), seconds(words, 'window_s', 600), seconds(words, 'step_s', 0), id);
  if (id !== undefined && !Object.keys(result.series).length)
    throw notFound(`There is no history of an ${subjects[0]} "${id}"; /api/v1/${topic} lists those that are there now.`);
  return { step_ms: result.stepMs, end: server.tickTime, series: result.series };
}

function answerOf(server, path, parameters, access) {
  const { instance, current } = server;
  const head = { instance, revision: current.revision, time: current.time };
  if (path === 'health') return { status: 'ok', instance, revision: current.revision, age_ms: 0 };
  if (path === 'snapshot') return { ...head, ...snapshot(server, parameters, access) };
  if (path === 'history') return { ...head, ...history(server, parameters, access) };
  if (TOPIC_NAMES.includes(path)) {
    const { since, ...body } = topicOf(server, path, parameters, access);
    return { instance, since, revision: current.revision, time: current.time, ...body };
  }
  const [, name] = /^interfaces\/(.+)$/.exec(path) ?? [];
  if (name === undefined) throw notFound(`There is nothing at "/api/v1/${path}".`);
  const data = server.select(queryOf({ topic: 'interfaces' }, access), current).get(decodeURIComponent(name));
  if (!data) throw notFound(`There is no interface "${decodeURIComponent(name)}"; /api/v1/interfaces lists those that are there now.`);
  return { ...head, data };
}

// { status, headers, body } of a request below /api/v1/.
export function answer(server, request) {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  try {
    if (!['GET', 'HEAD'].includes(request.method)) throw new Problem(405, 'method-not-allowed', 'Method not allowed', `${request.method} is not for this address.`);
    const access = server.accessOf(request);
    if (!access) throw new Problem(401, 'unauthorized', 'Unauthorized', 'A token is needed: Authorization: Bearer ….');
    const path = pathname.slice('/api/v1/'.length);
    if (path === 'stream') throw new Problem(426, 'bad-request', 'Upgrade required', 'This address speaks WebSocket with the subprotocol ifpulse.v1.');
    const document = answerOf(server, path, searchParams, access);
    const etag = document.revision === undefined || path === 'health' ? {} : { etag: `"${server.instance}-${document.revision}"` };
    return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...etag }, body: JSON.stringify(document) };
  } catch (error) {
    const problem = error instanceof Refusal ? (error.code === 'forbidden' ? new Problem(403, 'forbidden', 'Forbidden', `${error.message}.`) : bad(`${error.message}.`)) : error;
    if (!(problem instanceof Problem)) throw error;
    return { status: problem.body.status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }, body: JSON.stringify(problem.body) };
  }
}
