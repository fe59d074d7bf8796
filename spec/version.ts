import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ForwardingConfig, TopicDescriptor, TopicInfo } from './topic.ts';

/** RFC 8785 canonical JSON. Throws on what JSON cannot carry (NaN, undefined at the top). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('expected a JSON value, got undefined');
  return text;
}

/** `sha256:` and 64 hexadecimal digits of the text's UTF-8 bytes. */
export function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The effective settings of a topic: its own, then the override for it, over the defaults. */
export function topicInfo(topic: TopicDescriptor, config: ForwardingConfig): TopicInfo {
  return {
    version: topic.version,
    class: topic.class,
    piiLevel: topic.piiLevel,
    redact: [...topic.redact].sort(),
    forwarding: { ...config.defaults, ...topic.forwarding, ...config.topics[topic.id] },
  };
}

/**
 * The text that `specVersion` is the hash of: every descriptor's meaning, without its prose and examples.
 * Independent of the order of files, keys and of lists that are sets.
 */
export function canonicalSpec(topics: readonly TopicDescriptor[], config: ForwardingConfig): string {
  return canonicalText(
    topics.map((topic) => normalizeTopic(topic, config)),
    config,
  );
}

/** Such a text and more topics → the text of all together, as if they had stood in one folder. */
export function extendSpec(canonical: string, topics: readonly TopicDescriptor[]): string {
  const { topics: known, forwarding } = JSON.parse(canonical) as { topics: Normalized[]; forwarding: ForwardingConfig };
  return canonicalText([...known, ...topics.map((topic) => normalizeTopic(topic, forwarding))], forwarding);
}

type Normalized = TopicInfo & { readonly id: string; readonly schema: unknown };

function normalizeTopic(topic: TopicDescriptor, config: ForwardingConfig): Normalized {
  return { id: topic.id, ...topicInfo(topic, config), schema: normalizeSchema(topic.schema) };
}

function canonicalText(topics: readonly Normalized[], forwarding: ForwardingConfig): string {
  return canonicalJson({ topics: [...topics].sort((a, b) => (a.id < b.id ? -1 : 1)), forwarding });
}

/** Keywords of JSON Schema that say nothing about what fits. */
export const PROSE: ReadonlySet<string> = new Set([
  'title',
  'description',
  '$comment',
  'examples',
  'default',
  'deprecated',
]);
const SETS = new Set(['required', 'enum', 'type']);
/** Keywords whose own keys are names chosen by the author, not JSON Schema keywords. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas', 'dependentRequired']);

/** A JSON Schema without its prose, its sets sorted: equal texts mean the same. */
export function normalizeSchema(schema: unknown, named = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => normalizeSchema(item));
  if (typeof schema !== 'object' || schema === null) return schema;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (!named && PROSE.has(key)) continue;
    if (!named && SETS.has(key) && Array.isArray(value)) out[key] = sortedSet(value);
    else if (!named && (key === 'const' || key === 'enum')) out[key] = value;
    else out[key] = normalizeSchema(value, !named && NAMED.has(key));
  }
  return out;
}

function sortedSet(values: readonly unknown[]): unknown[] {
  return [...new Set(values.map(canonicalJson))].sort().map((text) => JSON.parse(text) as unknown);
}
