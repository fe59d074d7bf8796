import { canonicalJson, normalizeSchema, PROSE } from '../version.ts';
import type { Parties, Say } from './diff.ts';
import { BOUNDS, compareBound, comparePattern } from './diff-bounds.ts';
import { isSchema, propertiesOf, requiredOf, type Schema, step, typesOf } from './schema.ts';

/** Compared by the functions below, one by one. */
const KNOWN = new Set([
  ...PROSE,
  ...BOUNDS,
  ...['type', 'enum', 'const', 'pattern', 'properties', 'required', 'additionalProperties', 'items', '$schema'],
]);

/**
 * What differs in the values that two schemas take, their `$ref`s written out. Taking less hurts who writes: what they
 * write is refused. Promising less hurts who reads: what they count on is missing, or is something else.
 */
export function compareSchemas(before: Schema, after: Schema, at: string, parties: Parties, say: Say): void {
  compareTypes(before, after, at, parties, say);
  compareValues(before, after, at, parties, say);
  for (const keyword of BOUNDS) compareBound(keyword, before[keyword], after[keyword], at, parties, say);
  comparePattern(before.pattern, after.pattern, at, parties, say);
  compareProperties(before, after, at, parties, say);
  compareRest(before.additionalProperties ?? true, after.additionalProperties ?? true, at, parties, say);
  if (isSchema(before.items) && isSchema(after.items)) {
    compareSchemas(before.items, after.items, `${at}/*`, parties, say);
  } else if (isSchema(before.items) !== isSchema(after.items)) {
    other('items', before, after, at, say);
  }
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)].filter((keyword) => !KNOWN.has(keyword)));
  for (const keyword of keywords) other(keyword, before, after, at, say);
}

function compareTypes(before: Schema, after: Schema, at: string, { writers, readers }: Parties, say: Say): void {
  const [then, now] = [declaredTypes(before), declaredTypes(after)];
  if (then.length === 0 && now.length === 0) return;
  const takes = (types: readonly string[], type: string) =>
    types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'));
  const what = `from ${then.join(' or ') || 'any'} to ${now.join(' or ') || 'any'}`;
  if (then.length === 0 ? now.length > 0 : actualTypes(before).some((type) => !takes(now, type))) {
    say(at, 'type.narrowed', true, `type narrowed ${what}, because what ${writers} write is refused`);
  }
  if (now.length === 0 ? then.length > 0 : actualTypes(after).some((type) => !takes(then, type))) {
    say(at, 'type.widened', true, `type widened ${what}, because ${readers} get what they do not expect`);
  }
}

/** The types that a schema names, or those of its listed values. */
function declaredTypes(schema: Schema): string[] {
  const named = typesOf(schema);
  return named.length > 0 ? named.sort() : typesOfValues(valuesOf(schema) ?? []);
}

/** The types of what it takes: 1 of a list is an integer, whatever type is named beside it. */
function actualTypes(schema: Schema): string[] {
  const values = valuesOf(schema);
  if (values === undefined) return declaredTypes(schema);
  const others = values.filter((value) => !Number.isInteger(value));
  return [...(others.length < values.length ? ['integer'] : []), ...typesOfValues(others)];
}

function typesOfValues(values: readonly unknown[]): string[] {
  return [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))].sort();
}

function compareValues(before: Schema, after: Schema, at: string, { writers, readers }: Parties, say: Say): void {
  const [then, now] = [valuesOf(before), valuesOf(after)];
  if (then === undefined && now === undefined) return;
  if (then === undefined) {
    say(at, 'enum.introduced', true, `only ${list(now)} allowed now, because ${writers} that write others are refused`);
    return;
  }
  if (now === undefined) {
    say(at, 'enum.dropped', false, `any value allowed, no longer only ${list(then)}: ${readers} may see new ones`);
    return;
  }
  const has = (values: readonly unknown[], value: unknown) => values.some((each) => each === value);
  const removed = then.filter((value) => !has(now, value));
  const added = now.filter((value) => !has(then, value));
  if (removed.length > 0) {
    say(at, 'enum.removed', true, `enum value removed: ${list(removed)}, because ${writers} that write it are refused`);
  }
  if (added.length > 0) say(at, 'enum.added', false, `enum value added: ${list(added)}: ${readers} may see it`);
}

function valuesOf({ enum: values, const: constant }: Schema): readonly unknown[] | undefined {
  if (Array.isArray(values)) return values;
  return constant === undefined ? undefined : [constant];
}

function compareProperties(before: Schema, after: Schema, at: string, parties: Parties, say: Say): void {
  const { writers, readers } = parties;
  const [then, now] = [new Map(propertiesOf(before)), new Map(propertiesOf(after))];
  const [neededThen, neededNow] = [new Set(requiredOf(before)), new Set(requiredOf(after))];
  for (const [name, schema] of then) {
    const place = at + step(name);
    const current = now.get(name);
    if (current === undefined) {
      const why = `because ${writers} that write it are refused and ${readers} get none`;
      say(place, 'field.removed', true, `field removed, ${why}`);
      continue;
    }
    if (neededNow.has(name) && !neededThen.has(name)) {
      say(place, 'required.added', true, `required now, because ${writers} that leave it out are refused`);
    }
    if (neededThen.has(name) && !neededNow.has(name)) {
      say(place, 'required.removed', true, `no longer required, because ${readers} count on it`);
    }
    compareSchemas(schema, current, place, parties, say);
  }
  for (const name of [...now.keys()].filter((each) => !then.has(each))) {
    const place = at + step(name);
    if (neededNow.has(name)) {
      say(place, 'field.added', true, `required field added, because ${writers} that do not know it are refused`);
    } else say(place, 'field.added', false, 'optional field added: nobody has to know it');
  }
}

/** `additionalProperties`: false, true, or the schema of a map's values. */
function compareRest(before: unknown, after: unknown, at: string, parties: Parties, say: Say): void {
  if (isSchema(before) && isSchema(after)) {
    compareSchemas(before, after, `${at}/*`, parties, say);
    return;
  }
  if (before === after) return;
  if (after === false || before === true) {
    say(at, 'object.closed', true, `fewer fields allowed, because ${parties.writers} that write others are refused`);
  } else say(at, 'object.opened', false, `more fields allowed: ${parties.readers} may see them`);
}

/** Nobody can say who is hurt, so everybody may be. */
function other(keyword: string, before: Schema, after: Schema, at: string, say: Say): void {
  const text = (value: unknown) => (value === undefined ? '' : canonicalJson(normalizeSchema(value)));
  if (text(before[keyword]) === text(after[keyword])) return;
  say(at, 'schema.changed', true, `${keyword} changed, because what it allows cannot be compared`);
}

function list(values: readonly unknown[] = []): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}
