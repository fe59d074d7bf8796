import type { LogFn, LoggerOptions } from 'pino';
import { cleanText } from './clean-text.ts';
import { safeError } from './safe-error.ts';

const MAX_TEXT = 1_024;
const MAX_ITEMS = 100;
const MAX_DEPTH = 4;
/** Whatever such a field holds, numbers and such apart: some count tokens. */
const SECRET_FIELD = /authorization|cookie|passw|secret|token|credential|api-?key/i;

/**
 * What a logger is made with, so that no line holds more than was meant to be said: errors without what hangs on them,
 * no control characters, no credentials, and nothing without a bound.
 */
export const safeLogging: LoggerOptions = {
  // Errors have been made ready by then: pino's own way would take them for others.
  serializers: { err: (error: unknown) => error },
  hooks: {
    logMethod(args, method) {
      const [first, message] = args as [unknown, unknown];
      const log = method as LogFn;
      const text = typeof message === 'string' ? cleanText(message, MAX_TEXT) : undefined;
      if (typeof first === 'string') log.call(this, cleanText(first, MAX_TEXT));
      else log.call(this, safeFields(first instanceof Error ? { err: first } : first), text);
    },
  },
};

/** Values for a log line: the same, bounded and cleaned, in plain objects. */
export function safeFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value, MAX_TEXT);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (isError(value)) return safeError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (depth === MAX_DEPTH) return '(left out)';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => safeFields(item, depth + 1));
  const fields: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value).slice(0, MAX_ITEMS)) {
    const name = cleanText(key, MAX_TEXT);
    fields[name] = SECRET_FIELD.test(name) && isHolder(item) ? '[redacted]' : safeFields(item, depth + 1);
  }
  return fields;
}

function isHolder(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null);
}

/** Also one of another realm, or what a library throws instead. */
function isError(value: object): value is Error {
  if (value instanceof Error) return true;
  const { message, stack } = value as { message?: unknown; stack?: unknown };
  return typeof message === 'string' && typeof stack === 'string';
}
