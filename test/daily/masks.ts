/** What names, tokens and addresses of people and machines stand under, in what Daily's client and servers say. */
const SECRET_KEY =
  /(token|secret|password|credential|api_?key|signature|user_?name|display_?name|^name$|email|domain|^ip|_ip$|region)/i;
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]+\.[\w-]*\.?[\w-]*/g, '[token]'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '[address]'],
  [/\b(?:[\da-f]{1,4}:){3,7}[\da-f]{0,4}\b/gi, '[address]'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, '[mail]'],
];
const UUID = /\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/gi;

/**
 * Masks what may not be kept of a real account: each of `secrets` wherever it stands, texts under telling names, tokens,
 * addresses. Each UUID becomes `id-1`, `id-2` … by its first appearance, so that what belongs together is still seen.
 */
export class Masks {
  readonly #secrets: readonly (readonly [string, string])[];
  readonly #ids = new Map<string, string>();

  /** Name of a secret → its value. An empty value masks nothing. */
  constructor(secrets: Readonly<Record<string, string>>) {
    // The longest first: one may be within another.
    this.#secrets = Object.entries(secrets)
      .filter(([, value]) => value !== '')
      .sort(([, one], [, other]) => other.length - one.length);
  }

  /** A value of JSON, masked. */
  of(value: unknown, key = ''): unknown {
    if (typeof value === 'string') return SECRET_KEY.test(key) && value !== '' ? `[${key}]` : this.#text(value);
    if (Array.isArray(value)) return value.map((one) => this.of(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [this.#text(name), this.of(one, name)]));
  }

  #text(text: string): string {
    let masked = text;
    for (const [name, secret] of this.#secrets) masked = masked.replaceAll(secret, `[${name}]`);
    for (const [pattern, by] of PATTERNS) masked = masked.replace(pattern, by);
    return masked.replace(UUID, (id) => {
      const known = this.#ids.get(id.toLowerCase()) ?? `id-${this.#ids.size + 1}`;
      this.#ids.set(id.toLowerCase(), known);
      return known;
    });
  }
}
