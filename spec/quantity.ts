import { z } from 'zod';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** `500ms`, `10s`, `5m`, `4h`, `1d` or whole milliseconds → milliseconds; undefined when it is neither. */
export function parseDuration(value: string | number): number | undefined {
  return parseQuantity(value, UNITS_MS);
}

function parseQuantity(value: string | number, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(value) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  return digits === undefined || factor === undefined ? undefined : Math.round(Number(digits) * factor);
}

function quantity(units: Readonly<Record<string, number>>, expected: string) {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = parseQuantity(value, units);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `expected ${expected}, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });
}

/** Input: a duration as people write it. Output: milliseconds. */
export const duration = quantity(UNITS_MS, 'a duration such as 500ms, 10s, 5m, 4h or 1d');

/** The longest time that timers can wait, in whole days. */
const MAX_PERIOD_MS = 24 * 86_400_000;

/** A duration that something may last: above 0, and at most 24 days. */
export const period = duration.refine((ms) => ms > 0 && ms <= MAX_PERIOD_MS, {
  error: 'expected a duration above 0 and of at most 24d',
});

/** Input: a size as people write it. Output: bytes. */
export const byteSize = quantity(UNITS_BYTES, 'a size such as 512MiB or a number of bytes');
