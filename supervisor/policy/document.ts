import { isScalar, Lexer, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { type PolicyLayer, policyLayer } from '../../spec/policy.ts';
import { plainIssues } from '../base/zod-issues.ts';
import { PolicyError } from './port.ts';

const MAX_LAYERS = 1_000;
const MAX_REASONS = 5;
/** Punctuation, spaces and scalars; what has more takes seconds to parse, in the thread that everything runs in. */
const MAX_TOKENS = 200_000;
/** No policy is nested like this; parsing it would take seconds. */
const TOO_DEEP = /(?:[[{]\s*|[-?][ \t]+){64}/;
/** What a key looks like that is a slip of the pen. Others may be content. */
const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/**
 * One document, YAML or JSON: a layer or a list of layers. Throws a PolicyError when it is neither, which says where, and
 * what was expected, and nothing of the content.
 */
export function parseLayers(text: string): PolicyLayer[] {
  const value = parseYaml(text);
  const layers = Array.isArray(value) ? value : [value];
  if (layers.length > MAX_LAYERS) throw new PolicyError(`expected at most ${MAX_LAYERS} layers, got ${layers.length}`);
  return layers.map((layer, i) => {
    const parsed = policyLayer.safeParse(layer);
    if (parsed.success) return parsed.data;
    const at = Array.isArray(value) ? [i] : [];
    const problems = plainIssues(parsed.error.issues).map((issue) => describe(issue, at));
    const more = problems.length > MAX_REASONS ? `, and ${problems.length - MAX_REASONS} more` : '';
    throw new PolicyError(`${problems.slice(0, MAX_REASONS).join('; ')}${more}`);
  });
}

function parseYaml(text: string): unknown {
  if (text.trim() === '') throw new PolicyError('expected a layer, got nothing: write {} for one that says nothing');
  if (TOO_DEEP.test(text)) throw new PolicyError('expected a policy layer, got something nested too deeply');
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS) throw new PolicyError(`expected at most ${MAX_TOKENS} tokens of YAML, got more`);
  }
  const lines = new LineCounter();
  // Its own check for unique keys takes a time that grows with their square. Pretty errors show the content.
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, lineCounter: lines });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const [error] = document.errors;
  if (error) throw new PolicyError(`expected YAML, got ${error.code} at ${place(error.pos[0])}`);
  visit(document, {
    Map(_, { items }) {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        const at = place((key as { range?: readonly [number, number, number] } | null)?.range?.[0] ?? 0);
        if (!isScalar(key)) throw new PolicyError(`expected a plain key at ${at}`);
        if (keys.has(key.value)) throw new PolicyError(`expected every key once, got one twice at ${at}`);
        keys.add(key.value);
      }
    },
  });
  try {
    return document.toJS() as unknown;
  } catch {
    throw new PolicyError('expected YAML without so many aliases');
  }
}

function describe(issue: z.core.$ZodIssue, at: readonly PropertyKey[]): string {
  const path = [...at, ...issue.path].map(String).join('.') || 'the layer';
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path[0] === 'content' ? [] : issue.keys.filter((key) => PLAIN_KEY.test(key));
    return `${path}: unknown key${known.length > 0 ? ` ${known.slice(0, 3).join(', ')}` : ''}`;
  }
  // Some messages end with what was got.
  return `${path}: ${issue.message.replace(/, got ".*$/s, '')}`;
}
