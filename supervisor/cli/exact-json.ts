/** What JavaScript has, and the library's types don't yet. */
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
};

/** Parses JSON so that JSON.stringify writes each number as it was written: 12345678901234567890, 1.50. */
export function parseExact(text: string): unknown {
  return parse(text, (_key, value, { source }) => (typeof value === 'number' ? rawJSON(source) : value));
}
