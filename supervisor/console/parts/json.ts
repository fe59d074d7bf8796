export type TokenKind = 'key' | 'string' | 'number' | 'word' | 'punctuation';

/** A piece of JSON as it is shown; `text` may be white space. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = '  ';

/**
 * Indents valid JSON by its text alone: numbers stay as they were written, also those that JavaScript can't hold.
 * At most `limit` characters come out.
 */
export function indentJson(json: string, limit: number): Token[] {
  const tokens: Token[] = [];
  const found = json.match(TOKEN) ?? [];
  let depth = 0;
  let length = 0;
  const put = (kind: TokenKind, text: string) => {
    tokens.push({ kind, text });
    length += text.length;
  };
  for (const [i, text] of found.entries()) {
    if (length > limit) break;
    if (text === '{' || text === '[') {
      depth++;
      put('punctuation', isClosing(found[i + 1]) ? text : `${text}\n${INDENT.repeat(depth)}`);
    } else if (isClosing(text)) {
      depth--;
      put('punctuation', isOpening(found[i - 1]) ? text : `\n${INDENT.repeat(depth)}${text}`);
    } else if (text === ',') put('punctuation', `,\n${INDENT.repeat(depth)}`);
    else if (text === ':') put('punctuation', ': ');
    else put(kindOf(text, found[i + 1]), text);
  }
  return tokens;
}

function kindOf(text: string, next: string | undefined): TokenKind {
  if (text.startsWith('"')) return next === ':' ? 'key' : 'string';
  return /^[-\d]/.test(text) ? 'number' : 'word';
}

function isOpening(text: string | undefined): boolean {
  return text === '{' || text === '[';
}

function isClosing(text: string | undefined): boolean {
  return text === '}' || text === ']';
}
