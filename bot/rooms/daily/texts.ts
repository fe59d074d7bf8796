/** A text that fits: at most so many characters, none of them half. */
export function cut(text: string, most: number): string {
  const whole = text.toWellFormed();
  return whole.length <= most ? whole : whole.slice(0, most).replace(/[\ud800-\udbff]$/, '');
}

/** What somebody sent, as JSON text; undefined where it would be too long to be kept, or is too deep to be written. */
export function jsonText(data: unknown, most: number): string | undefined {
  try {
    const text = JSON.stringify(data) ?? 'null';
    return text.length <= most ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes that a value takes as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
