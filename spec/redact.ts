import { isTopic } from './envelope.ts';
import { registry } from './generated/registry.ts';
import type { Span } from './json-scan.ts';
import { spanAt } from './json-span.ts';

export const MASK = '[redacted]';

export interface Redacted {
  readonly ok: true;
  /** The very text that came in when nothing had to be masked; otherwise every other byte is unchanged. */
  readonly text: string;
}

export interface RedactionFailure {
  readonly ok: false;
  /** `RedactionFailure: …`; never the content itself. */
  readonly reason: string;
}

/**
 * Masks what the registry says about the topic in the payload of an envelope's JSON text.
 * A topic that the registry doesn't know is a failure: nobody can say what may be shown of it.
 */
export function redactEnvelope(topic: string, text: string): Redacted | RedactionFailure {
  if (!isTopic(topic)) return failure(`expected a topic of the spec, got ${topic}`);
  return redactPayload(text, registry[topic].redact);
}

/**
 * Masks the values at JSON pointers into the payload. A string becomes "[redacted]", a number 0, a boolean false,
 * an object {}, and an array keeps its length with each item masked: so the payload stays within its schema unless
 * that asks for more than a type. An absent member needs no mask; a pointer through a value that has no members,
 * or a key given twice on its way, fails.
 */
export function redactPayload(text: string, pointers: readonly string[]): Redacted | RedactionFailure {
  if (pointers.length === 0) return { ok: true, text };
  try {
    JSON.parse(text);
  } catch {
    return failure('expected an envelope in JSON');
  }
  const payload = spanAt(text, ['payload']);
  if (typeof payload === 'string') return failure(`expected a payload (${payload})`);
  const spans: Span[] = [];
  for (const pointer of pointers) {
    const span = spanAt(text, steps(pointer), payload.start);
    if (span === 'absent') continue;
    if (typeof span === 'string') return failure(`${pointer} cannot be applied (${span})`);
    spans.push(span);
  }
  return { ok: true, text: splice(text, spans) };
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

function steps(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function failure(detail: string): RedactionFailure {
  return { ok: false, reason: `RedactionFailure: ${detail}` };
}
