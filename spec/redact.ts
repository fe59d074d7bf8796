import { registry } from './generated/registry.ts';
import type { Span } from './json-scan.ts';
import { type Blocked, childSpans, spansAt } from './json-span.ts';
import { pointerSteps } from './pointer.ts';
import type { TopicInfo } from './topic.ts';

export const MASK = '[redacted]';
/** The level of words that people said or wrote. */
const WORDS = 2;

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
  if (Math.max(info.piiLevel, own.level) < WORDS) return redactPayload(text, info.redact, own.fields);
  return redact(text, (payload) => {
    const topicSpans = named(text, payload, info.redact);
    const ownSpans = ownNamed(text, payload, own.fields);
    if (!Array.isArray(topicSpans)) return topicSpans;
    if (!Array.isArray(ownSpans)) return ownSpans;
    const words = (info.piiLevel >= WORDS ? topicSpans.length : 0) + (own.level >= WORDS ? ownSpans.length : 0);
    return [...topicSpans, ...ownSpans, ...(words === 0 ? wholeOf(text, payload) : [])];
  });
}

/**
 * Masks the values at JSON pointers into the payload: those of the topic, and those that the event names itself. A
 * string becomes "[redacted]", a number 0, a boolean false, an object {}, and an array keeps its length with each item
 * masked: so the payload stays within its schema unless that asks for more than a type. The step `*` is every item of
 * an array. An absent member needs no mask; a pointer through a value that has no members, or a key given twice on its
 * way, fails.
 */
export function redactPayload(
  text: string,
  pointers: readonly string[],
  ownPointers: readonly string[] = [],
): Redacted | RedactionFailure {
  if (pointers.length === 0 && ownPointers.length === 0) return { ok: true, text };
  return redact(text, (payload) => {
    const spans = named(text, payload, pointers);
    const ownSpans = ownNamed(text, payload, ownPointers);
    if (!Array.isArray(spans)) return spans;
    return Array.isArray(ownSpans) ? [...spans, ...ownSpans] : ownSpans;
  });
}

/** `find`: from the span of the payload to the spans to be masked, in any order, one in another or not. */
function redact(text: string, find: (payload: Span) => Span[] | RedactionFailure): Redacted | RedactionFailure {
  try {
    JSON.parse(text);
  } catch {
    return failure('expected an envelope in JSON');
  }
  const payloads = spansAt(text, ['payload']);
  if (!Array.isArray(payloads)) return failure(`expected a payload (${payloads})`);
  const [payload] = payloads;
  if (payload === undefined) return failure('expected a payload (absent)');
  const spans = find(payload);
  return Array.isArray(spans) ? { ok: true, text: splice(text, spans) } : spans;
}

function named(text: string, { start }: Span, pointers: readonly string[]): Span[] | RedactionFailure {
  const spans: Span[] = [];
  for (const pointer of pointers) {
    const found = follow(text, start, pointer);
    if (typeof found === 'string') return failure(`${pointer} cannot be applied (${found})`);
    spans.push(...found);
  }
  return spans;
}

/** A publisher's pointer can hold anything, so it isn't quoted. */
function ownNamed(text: string, payload: Span, pointers: readonly string[]): Span[] | RedactionFailure {
  const spans = named(text, payload, pointers);
  return Array.isArray(spans) ? spans : failure("a pointer in the event's own pii.fields cannot be applied");
}

function follow(text: string, start: number, pointer: string): Span[] | Blocked | 'malformed' {
  const steps = pointerSteps(pointer);
  return steps === undefined ? 'malformed' : spansAt(text, steps, start);
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
