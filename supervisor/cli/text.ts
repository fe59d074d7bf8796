import type { Paint, Style } from './paint.ts';

const NAMES: readonly Style[] = [
  'cyan',
  'magenta',
  'yellow',
  'blue',
  'green',
  'cyanBright',
  'magentaBright',
  'yellowBright',
  'blueBright',
  'greenBright',
];

/** A name in a colour of its own: the same one every time. Red is kept for what went wrong. */
export function paintName(paint: Paint, name: string): string {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return paint(NAMES[hash % NAMES.length] ?? 'cyan', name);
}

/** What would move the cursor, ring, or turn the direction of text. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** Every string inside a value, made safe for a terminal and for one line. */
export function safe(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(UNSAFE, ' ');
  if (Array.isArray(value)) return value.map(safe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [safe(key), safe(child)]));
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])/u;
const ESCAPE = '\u001b';
const STYLED = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);

/** Columns that a text takes on a terminal, styles left out. */
export function width(text: string): number {
  let columns = 0;
  for (const part of text.split(STYLED)) {
    if (part.startsWith(ESCAPE)) continue;
    for (const { segment } of graphemes.segment(part)) columns += WIDE.test(segment) ? 2 : 1;
  }
  return columns;
}

/** The text if it fits, otherwise its beginning and `…`; styles stay whole. */
export function truncate(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let out = '';
  let left = columns - 1;
  for (const part of text.split(STYLED)) {
    if (part.startsWith(ESCAPE)) {
      out += part;
      continue;
    }
    for (const { segment } of graphemes.segment(part)) {
      left -= WIDE.test(segment) ? 2 : 1;
      if (left < 0) return `${out}…${out.includes(ESCAPE) ? `${ESCAPE}[0m` : ''}`;
      out += segment;
    }
  }
  return out;
}

/** The end of a text that is too long says more than its beginning: topics, paths. */
export function truncateStart(text: string, columns: number): string {
  return text.length <= columns ? text : `…${text.slice(text.length - columns + 1)}`;
}

export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - width(text))) + text;
}

/** Rows of cells → lines with aligned columns, two spaces between them. `right`: columns of numbers, aligned at their end. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, width(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (right.has(i) ? padStart : pad)(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Milliseconds as people say them: `812 ms`, `9.5 s`, `4 min`, `3 h 20 min`. */
export function humanDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 12345 → `12,345`. */
export function humanCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `sha256:0f0f…` → its first digits: enough to tell versions apart. */
export function shortHash(hash: string): string {
  return hash.replace('sha256:', '').slice(0, 8);
}

/** 31457280 → `30 MiB`. */
export function mebibytes(bytes: number): string {
  return `${humanCount(Math.round(bytes / 2 ** 20))} MiB`;
}

/** 0.984 → `98%`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
