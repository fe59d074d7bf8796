import fc from 'fast-check';

/** A payload with secrets in it, and what has to become of it. */
export interface RedactionCase {
  readonly text: string;
  /** The same, every secret masked and every other byte as it was. */
  readonly masked: string;
  /** To all secrets, each at least once. */
  readonly pointers: readonly string[];
  readonly secrets: readonly string[];
}

type Node =
  | { readonly kind: 'open'; readonly value: string | number | boolean | null }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Node])[] }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  /** The same member of every item, which a pointer with `*` leads to. */
  | { readonly kind: 'rows'; readonly key: string; readonly items: readonly Secret[] }
  | { readonly kind: 'secret'; readonly value: Secret };
type Secret = string | number | boolean | null | readonly Secret[] | { readonly [key: string]: Secret };

/** Letters of the tests' own: nothing else in a case has them in a row. */
const MARK = 'Qzx';
const SPACES = ['', '', '', ' ', '\t', '\r\n', '  \n'];
const oddKeys = [
  'a',
  'A',
  'a ',
  'a/b',
  'a~b',
  'a~1b',
  '~',
  '',
  '*',
  '-',
  '0',
  '00',
  'payload',
  'pii',
  'é',
  '"',
  '\\',
  '__proto__',
  '\u{1f600}',
];

const secretText = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 8 }), fc.integer({ min: 0, max: 0xffffff }))
  .map(([more, number]) => `${MARK}${number.toString(16).padStart(6, '0')}${more}`);
const secretNumber = fc.integer({ min: 10_000_000_000, max: 99_999_999_999 }).map((number) => -number / 2 ** 3);
const openText = fc
  .oneof(fc.constantFrom(...oddKeys, '[redacted]', '{"payload":{'), fc.string({ maxLength: 5 }))
  .filter((text) => !text.includes('Q'));
const key = fc.oneof(fc.constantFrom(...oddKeys), openText);

const { secret, node } = fc.letrec<{ secret: Secret; node: Node }>((tie) => ({
  secret: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    secretText,
    secretNumber,
    fc.constantFrom(true, false, null),
    fc.array(tie('secret'), { maxLength: 3 }),
    fc.dictionary(secretText, tie('secret'), { maxKeys: 3 }),
  ),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .oneof(openText, fc.integer({ min: -999, max: 999 }), fc.constantFrom(true, false, null))
      .map((value) => ({ kind: 'open', value }) as const),
    tie('secret').map((value) => ({ kind: 'secret', value }) as const),
    fc
      .uniqueArray(fc.tuple(key, tie('node')), { maxLength: 4, selector: ([name]) => name })
      .map((entries) => ({ kind: 'object', entries }) as const),
    fc.array(tie('node'), { maxLength: 3 }).map((items) => ({ kind: 'array', items }) as const),
    fc
      .record({ key, items: fc.array(tie('secret'), { maxLength: 3 }) })
      .map((rows) => ({ kind: 'rows', ...rows }) as const),
  ),
}));

/** Payloads of any shape, spelled and spaced in any way that JSON allows. */
export const redactionCases: fc.Arbitrary<RedactionCase> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(key, node), { maxLength: 5, selector: ([name]) => name }),
    // At least one, with what it hides as its own key beside it.
    fc.tuple(secret, secretText),
    fc.infiniteStream(fc.nat(0xffff)),
  )
  .map(([entries, [value, text], dice]) => {
    const writer = new Writer(dice);
    const known = entries.filter(([name]) => name !== 'hidden' && name !== 'spoken');
    writer.node({
      kind: 'object',
      entries: [...known, ['hidden', { kind: 'secret', value }], ['spoken', { kind: 'secret', value: text }]],
    });
    return writer;
  });

/** Writes a payload and its masked twin side by side. */
class Writer implements RedactionCase {
  text = '';
  masked = '';
  readonly pointers: string[] = [];
  readonly secrets: string[] = [];
  readonly #dice: Iterator<number>;

  constructor(dice: Iterator<number>) {
    this.#dice = dice;
  }

  node(node: Node, at = ''): void {
    if (node.kind === 'open') this.#both(this.#scalar(node.value));
    else if (node.kind === 'array') {
      this.#list('[', ']', node.items, (child, index) => this.node(child, `${at}/${index}`));
    } else if (node.kind === 'object') {
      this.#list('{', '}', node.entries, ([name, child]) => {
        this.#both(`${this.#string(name)}${this.#space()}:${this.#space()}`);
        this.node(child, `${at}/${escaped(name)}`);
      });
    } else if (node.kind === 'rows') {
      this.pointers.push(`${at}/*/${escaped(node.key)}`);
      this.#list('[', ']', node.items, (value) => {
        this.#both(`{${this.#string(node.key)}:`);
        this.#secret(value);
        this.#both('}');
      });
    } else {
      this.pointers.push(at);
      this.#secret(node.value);
    }
  }

  #secret(value: Secret): void {
    this.text += this.#any(value);
    this.masked += JSON.stringify(maskOf(value));
    this.#learn(value);
  }

  #learn(value: Secret): void {
    if (typeof value === 'string') this.secrets.push(value);
    else if (typeof value === 'number') this.secrets.push(String(value));
    else if (typeof value === 'object' && value !== null) {
      for (const [name, child] of Object.entries(value)) {
        if (!Array.isArray(value)) this.secrets.push(name);
        this.#learn(child as Secret);
      }
    }
  }

  #any(value: Secret): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.#any(item as Secret)).join(',')}]`;
    if (typeof value !== 'object' || value === null) return this.#scalar(value as string | number | boolean | null);
    const members = Object.entries(value).map(([name, child]) => `${this.#string(name)}:${this.#any(child as Secret)}`);
    return `{${members.join(`,${this.#space()}`)}}`;
  }

  #list<T>(open: string, close: string, items: readonly T[], write: (item: T, index: number) => void): void {
    this.#both(open + this.#space());
    for (const [index, item] of items.entries()) {
      if (index > 0) this.#both(`${this.#space()},${this.#space()}`);
      write(item, index);
    }
    this.#both(this.#space() + close);
  }

  #scalar(value: string | number | boolean | null): string {
    return typeof value === 'string' ? this.#string(value) : JSON.stringify(value);
  }

  /** Any letter may be escaped. */
  #string(text: string): string {
    let written = '';
    for (let i = 0; i < text.length; i++) {
      const unit = `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`;
      const luck = this.#roll(6);
      written +=
        luck === 0
          ? unit
          : luck === 1
            ? unit.toUpperCase().replace('U', 'u')
            : JSON.stringify(text.charAt(i)).slice(1, -1);
    }
    return `"${written}"`;
  }

  #space(): string {
    return SPACES[this.#roll(SPACES.length)] ?? '';
  }

  #roll(sides: number): number {
    return (this.#dice.next().value as number) % sides;
  }

  #both(text: string): void {
    this.text += text;
    this.masked += text;
  }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Written down apart from the code that is tested. */
function maskOf(value: Secret): unknown {
  if (Array.isArray(value)) return value.map((item) => maskOf(item as Secret));
  if (typeof value === 'string') return '[redacted]';
  if (typeof value === 'number') return 0;
  if (typeof value === 'boolean') return false;
  return value === null ? null : {};
}
