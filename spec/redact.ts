import { registry } from './generated/registry.ts';
import type { Span } from './json-scan.ts';
import { type Found, findSpans, spansAt } from './json-span.ts';
import { childSpans } from './json-values.ts';
import { pointerTrie } from './pointer-trie.ts';
import type { TopicInfo } from './topic.ts';

export const MASK = '[redacted]';
/** The level of words that people said or wrote. */
const WORDS = 2;
/** Whose a pointer is. */
const TOPIC = 1;
const OWN = 2;

export interface Redacted {
  readonly ok: true;
  /** The very text that came in when nothing had to be masked; otherwise every other byte is unchanged. */
  readonly text: string;
}

export interface RedactionFailure {
  readonly ok: false;
  /** `RedactionFailure: …`; never the content itself, nor a pointer that a publisher wrote. */
  readonly reason: string;
}

/** What a publisher says of one event: its level, and pointers into the payload. */
export interface OwnPii {
  readonly level: number;
  readonly fields: readonly string[];
}

const NONE: OwnPii = { level: 0, fields: [] };
const UNREADABLE: OwnPii = { level: WORDS, fields: [] };

/** What the spec knows of a topic; undefined when it is none of the spec's. */
export function topicInfo(topic: string): TopicInfo | undefined {
  return Object.hasOwn(registry, topic) ? (registry as Readonly<Record<string, TopicInfo>>)[topic] : undefined;
}

/** What an envelope's JSON text says of itself; the highest level when that can't be read. */
export function ownPii(text: string): OwnPii {
  if (!text.includes('"pii"')) return NONE;
  try {
    const { pii } = JSON.parse(text) as { pii?: Partial<OwnPii> };
    if (pii === undefined) return NONE;
    const isWhole = typeof pii.level === 'number' && Array.isArray(pii.fields);
    return isWhole && pii.fields?.every((field) => typeof field === 'string') ? (pii as OwnPii) : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

/**
 * An envelope's JSON text as a reader may see it who may not see personal data: what the topic and the event itself
 * name is masked. Where words are to be expected and none of those names leads to a value, the whole payload is.
 * A topic that the spec doesn't know is a failure: nobody can say what may be shown of it.
 */
export function redactEnvelope(topic: string, text: string): Redacted | RedactionFailure {
  const info = topicInfo(topic);
  if (info === undefined) return failure('expected a topic of the spec');
  const own = ownPii(text);
  const sources = (info.piiLevel >= WORDS ? TOPIC : 0) | (own.level >= WORDS ? OWN : 0);
  return redact(text, info.redact, own.fields, sources);
}

/**
 * Masks the values at JSON pointers into the payload: those of the topic, and those that the event names itself. A
 * string becomes "[redacted]", a number 0, a boolean false, an object {}, and an array keeps its length with each item
 * masked: so the payload stays within its schema unless that asks for more than a type. The step `*` is every item of
 * an array. An absent member needs no mask; a pointer through a value that has no members, or a key given twice on its
 * way, fails. The cost is one way through the text, however many pointers there are.
 */
export function redactPayload(
  text: string,
  pointers: readonly string[],
  ownPointers: readonly string[] = [],
): Redacted | RedactionFailure {
  return redact(text, pointers, ownPointers, 0);
}

/** `words`: whose pointers have to lead to something, TOPIC or OWN or both; the whole payload is masked otherwise. */
function redact(
  text: string,
  pointers: readonly string[],
  ownPointers: readonly string[],
  words: number,
): Redacted | RedactionFailure {
  if (pointers.length === 0 && ownPointers.length === 0 && words === 0) return { ok: true, text };
  try {
    JSON.parse(text);
  } catch {
    return failure('expected an envelope in JSON');
  }
  const payloads = spansAt(text, ['payload']);
  if (!Array.isArray(payloads)) return failure(`expected a payload (${payloads})`);
  const [payload] = payloads;
  if (payload === undefined) return failure('expected a payload (absent)');
  const found = findAll(text, payload, pointers, ownPointers);
  if (!Array.isArray(found)) return found;
  const areNamed = words === 0 || found.some((span) => (span.kinds & words) !== 0 && holdsAnything(text, span));
  return { ok: true, text: splice(text, areNamed ? found : [...found, ...wholeOf(text, payload)]) };
}

function findAll(
  text: string,
  { start }: Span,
  pointers: readonly string[],
  ownPointers: readonly string[],
): Found[] | RedactionFailure {
  const trie = pointerTrie([
    [TOPIC, pointers],
    [OWN, ownPointers],
  ]);
  const found = 'why' in trie ? trie : findSpans(text, start, trie);
  if (Array.isArray(found)) return found;
  // A publisher's pointer can hold anything, so it isn't quoted.
  if (found.kind === OWN) return failure("a pointer in the event's own pii.fields cannot be applied");
  return failure(`${found.pointer} cannot be applied (${found.why})`);
}

/** Whether there is a text, a number, a yes or no, or a key in it: no mask hides null, nor what is empty. */
function holdsAnything(text: string, { start, end }: Span): boolean {
  return /["\dtf]/.test(text.slice(start, end));
}

/** Whatever can hold words. The first keys are the schema's own; numbers beside the words, such as times, stay. */
function wholeOf(text: string, payload: Span): Span[] {
  if (text.charAt(payload.start) !== '{') return [payload];
  return [...childSpans(text, payload.start)].filter(({ start }) => '"{['.includes(text.charAt(start)));
}

function splice(text: string, spans: Span[]): string {
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  let out = '';
  let done = 0;
  for (const { start, end } of spans) {
    // Inside a value that is masked already.
    if (start < done) continue;
    out += text.slice(done, start) + JSON.stringify(mask(JSON.parse(text.slice(start, end))));
    done = end;
  }
  return done === 0 ? text : out + text.slice(done);
}

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  switch (typeof value) {
    case 'string':
      return MASK;
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      // Keys can be personal data too.
      return value === null ? null : {};
  }
}

function failure(detail: string): RedactionFailure {
  return { ok: false, reason: `RedactionFailure: ${detail}` };
}
