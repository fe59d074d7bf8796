import { PROSE } from '../version.ts';
import { enumFaults } from './enums.ts';
import { inline } from './inline.ts';
import { nameFaults } from './names.ts';
import { type Fault, isSchema, propertiesOf, requiredOf, type Schema, step, typesOf } from './schema.ts';

const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  boolean: [],
  null: [],
  array: ['items', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
};

const ONE_TYPE = 'one type, ["TYPE", "null"] for what may be missing, or a topic of its own for each variant';
const NO_CONDITION = 'the condition into the description, or a topic of its own for each case';
const CLOSED = '"additionalProperties": false';
const MAP = '"additionalProperties" with the schema of the values';
const BOUNDED = 'minItems and maxItems, and the rest into the description';
const INSTEAD: Readonly<Record<string, string>> = {
  anyOf: ONE_TYPE,
  oneOf: ONE_TYPE,
  allOf: 'all of it in one place',
  not: NO_CONDITION,
  if: NO_CONDITION,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits this table
  then: NO_CONDITION,
  else: NO_CONDITION,
  dependentSchemas: NO_CONDITION,
  dependentRequired: NO_CONDITION,
  patternProperties: MAP,
  propertyNames: MAP,
  unevaluatedProperties: CLOSED,
  unevaluatedItems: '"items" with the schema of every item',
  prefixItems: 'an object with a property for each place',
  additionalItems: '"items" with the schema of every item',
  contains: BOUNDED,
  minContains: BOUNDED,
  maxContains: BOUNDED,
  uniqueItems: BOUNDED,
  format: 'a pattern, or minLength and maxLength: formats are checked by some validators and not by others',
  $dynamicRef: 'a $ref such as #/$defs/NAME',
  $id: 'nothing: the topic has a name',
};

/** Lookaround and backreferences: what checks patterns in Python has neither. */
const FANCY = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</;
const LARGE = Number.MAX_SAFE_INTEGER;

/** What of a payload's schema can't be expressed in TypeScript, in Python, or in what validates; in document order. */
export function inexpressible(root: Schema): Fault[] {
  const { schema, faults } = inline(root);
  const { $schema, ...rest } = schema;
  if ($schema !== undefined && $schema !== 'https://json-schema.org/draft/2020-12/schema') {
    faults.push({ at: '/$schema', found: 'another dialect', instead: 'none, which means draft 2020-12' });
  }
  visit(rest, '', faults);
  return faults;
}

function visit(node: unknown, at: string, faults: Fault[]): void {
  if (!isSchema(node)) {
    faults.push({ at, found: JSON.stringify(node), instead: 'a schema with a type' });
    return;
  }
  const say = (keyword: string, found: string, instead: string) =>
    faults.push({ at: keyword === '' ? at : `${at}/${keyword}`, found, instead });
  const [type, ...others] = typesOf(node).filter((name) => name !== 'null');
  const known = new Set([...PROSE, 'type', 'enum', 'const', ...(own(KEYWORDS, type ?? 'null') ?? [])]);
  const before = faults.length;
  for (const keyword of Object.keys(node).filter((name) => !known.has(name))) {
    const instead = own(INSTEAD, keyword);
    const found = type === undefined || instead !== undefined ? keyword : `${keyword} with ${type}`;
    say(keyword, found, instead ?? `what every side checks: ${[...known].filter((k) => !PROSE.has(k)).join(', ')}`);
  }
  if (others.length > 0) say('type', `${[type, ...others].join(' or ')}`, ONE_TYPE);
  const isUntyped = typesOf(node).length === 0 && node.enum === undefined && node.const === undefined;
  if (isUntyped && faults.length === before) say('', 'no type', '"type", and what belongs to it');
  enumFaults(node, at, faults);
  if (type === 'object') visitObject(node, at, faults);
  if (type === 'array') visitItems(node, at, faults);
  if (type === 'string') checkPattern(node, say);
  for (const keyword of KEYWORDS.number ?? []) {
    const bound = node[keyword];
    if (typeof bound !== 'number' || Math.abs(bound) <= LARGE) continue;
    say(keyword, `${bound}`, `at most ${LARGE} (2^53 - 1), or a string of digits`);
  }
}

function visitObject(node: Schema, at: string, faults: Fault[]): void {
  const { additionalProperties: rest } = node;
  const properties = propertiesOf(node);
  const fault = (keyword: string, found: string, instead: string) =>
    faults.push({ at: `${at}/${keyword}`, found, instead });
  if (rest === undefined || rest === true) {
    fault('additionalProperties', rest === true ? 'true' : 'nothing', `${CLOSED}, or the schema of the values`);
  } else if (rest !== false) {
    if (properties.length > 0)
      fault('additionalProperties', 'a schema beside properties', `${CLOSED}, or a map without properties`);
    visit(rest, `${at}/additionalProperties`, faults);
  } else {
    for (const keyword of ['minProperties', 'maxProperties']) {
      if (node[keyword] !== undefined) fault(keyword, `${keyword} on a closed object`, '"required"');
    }
  }
  faults.push(...nameFaults(Object.keys(isSchema(node.properties) ? node.properties : {}), `${at}/properties`));
  const names = new Set(properties.map(([name]) => name));
  for (const name of requiredOf(node).filter((name) => !names.has(name))) {
    fault('required', `${name}, which is no property`, 'it into "properties", or leave it out');
  }
  const all = Object.entries(isSchema(node.properties) ? node.properties : {});
  for (const [name, value] of all) visit(value, `${at}/properties${step(name)}`, faults);
}

function visitItems(node: Schema, at: string, faults: Fault[]): void {
  if (node.items === undefined && node.prefixItems !== undefined) return;
  if (isSchema(node.items)) visit(node.items, `${at}/items`, faults);
  else {
    const found = node.items === undefined ? 'nothing' : JSON.stringify(node.items).slice(0, 64);
    faults.push({ at: `${at}/items`, found, instead: 'the schema of every item' });
  }
}

function checkPattern({ pattern }: Schema, say: (keyword: string, found: string, instead: string) => void): void {
  if (pattern === undefined) return;
  if (typeof pattern !== 'string' || !isRegex(pattern))
    say('pattern', 'what is no regular expression', 'one of ECMA-262');
  else if (FANCY.test(pattern))
    say('pattern', 'lookaround or a backreference', 'a pattern without, which every language has');
}

function isRegex(text: string): boolean {
  try {
    return new RegExp(text, 'u') !== undefined;
  } catch {
    return false;
  }
}

/** A descriptor may hold any name, those of the prototype too. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
