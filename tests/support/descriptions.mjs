// The formal descriptions of docs as validators: what was really said is held against them. Each of
// the two is read in its own dialect of JSON Schema.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const Ajv = require("ajv").default; // draft-07
const Ajv2020 = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const redocly = require("@redocly/openapi-core");

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));
export const pathOf = (name) => `${docs}${name}.yaml`;
const load = (name) => redocly.parseYaml(readFileSync(pathOf(name), "utf8"));
export const openapi = load("openapi");
export const asyncapi = load("asyncapi");
const schema = load("schema");

const isObject = (value) => value !== null && typeof value === "object";

// What a $ref of the document points at; undefined when nothing is there.
function target(ref, document) {
    const [file, pointer] = ref.split("#/");
    const words = pointer.split("/").map((word) => word.replaceAll("~1", "/").replaceAll("~0", "~"));
    return words.reduce((at, word) => at?.[word], file === "schema.yaml" || words[0] === "$defs" ? schema : document);
}

// Every $ref below node that points nowhere. The linter follows none in payloads.
function strayRefs(node, document) {
    return Object.entries(node).flatMap(([name, value]) => {
        if (isObject(value)) {
            return strayRefs(value, document);
        }
        return name === "$ref" && target(value, document) === undefined ? [`nothing is at ${value}`] : [];
    });
}

// What is wrong with a document by itself, in lines; [] when nothing is.
export async function lint(name, text) {
    // The only answer of the stream's address that is none of HTTP's errors is 101.
    const config = await redocly.createConfig({ extends: ["recommended-strict"], rules: { "operation-2xx-response": "off" } });
    const source = new redocly.Source(pathOf(name), text ?? readFileSync(pathOf(name), "utf8"));
    const document = { source, parsed: redocly.parseYaml(source.body) };
    const problems = await redocly.lintDocument({ document, config: config.styleguide, externalRefResolver: new redocly.BaseResolver() });
    return problems.map(({ ruleId, message, location }) => `${name}.yaml: ${ruleId}: ${message} at ${location[0]?.pointer}`)
        .concat(strayRefs(document.parsed, document.parsed));
}

function validatorsOf(Dialect, name, document) {
    // What has no type of its own is part of an allOf that has one.
    const ajv = new Dialect({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
    addFormats(ajv);
    ajv.addVocabulary(["x-kind", "x-unit", ...Object.keys(document)]);
    ajv.addSchema(schema, "schema.yaml");
    ajv.addSchema(document, name);
    // What is wrong with value by the schema at the pointer, in words; "" when nothing is.
    return (pointer, value) => {
        const validate = ajv.getSchema(`${name}#${pointer}`);
        return validate(value) ? "" : ajv.errorsText(validate.errors.slice(0, 8));
    };
}

const byOpenapi = validatorsOf(Ajv2020, "openapi.yaml", openapi);
const byAsyncapi = validatorsOf(Ajv, "asyncapi.yaml", asyncapi);

// A message of the stream by the name it has in asyncapi.yaml.
export function faultOfMessage(name, message) {
    if (!asyncapi.channels.stream.messages[name]) {
        return `asyncapi.yaml has no message ${name}`;
    }
    return byAsyncapi(`/components/messages/${name}/payload`, message);
}

const SNAPSHOT_OR_DELTA = { snapshot: "Snapshot", delta: "Delta" };

// Of what the server says; topic is that of the message's stream.
export const nameOfMessage = (message, topic) =>
    (message.op in SNAPSHOT_OR_DELTA ? `${topic}${SNAPSHOT_OR_DELTA[message.op]}` : message.op);

const escape = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");

// The response object at /paths/…, and the pointer to it where it really is.
function findResponse(path, status) {
    const response = openapi.paths[path]?.get?.responses[status];
    const pointer = `/paths/${escape(path)}/get/responses/${status}`;
    if (!response?.$ref) {
        return { response, pointer };
    }
    const [, , , name] = response.$ref.split("/");
    return { response: openapi.components.responses[name], pointer: response.$ref.slice(1) };
}

// An answer (as server.get gives it) to a GET of the path as openapi.yaml writes it.
export function faultOfAnswer(path, { status, headers, text, json }) {
    const { response, pointer } = findResponse(path, status);
    if (!response) {
        return `openapi.yaml has no answer ${status} of ${path}`;
    }
    for (const name of Object.keys(response.headers ?? {})) {
        if (headers[name.toLowerCase()] === undefined) {
            return `${path} has no ${name}`;
        }
    }
    if (!response.content) {
        return text === "" ? "" : `${path}: ${status} has a body`;
    }
    const [mediaType] = (headers["content-type"] ?? "").split(";");
    if (!response.content[mediaType]) {
        return `openapi.yaml has no ${mediaType} of ${path}`;
    }
    return byOpenapi(`${pointer}/content/${escape(mediaType)}/schema`, json ?? text);
}

// The parameters of a path that stand in its query.
export const parametersOf = (path) => (openapi.paths[path].get.parameters ?? [])
    .map(resolve)
    .filter((parameter) => parameter.in === "query");

// A node of openapi.yaml, or where it is a $ref what that points at.
export const resolve = (node) => (node.$ref ? resolve(target(node.$ref, openapi)) : node);
