import { z } from 'zod';
import { type PolicyLayer, policyLayer } from '../../spec/policy.ts';
import { cleanText } from '../base/clean-text.ts';
import { plainIssues } from '../base/zod-issues.ts';
import type { AssistantRecord } from './api.ts';

export type Checked =
  | { readonly ok: true; readonly record: AssistantRecord }
  | { readonly ok: false; readonly problem: string };

const MAX_NAME = 128;
const MAX_PROBLEMS = 3;
/** What a key looks like that is a slip of the pen. Others may be content. */
const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** More of it may come, and isn't kept. */
const recordSchema = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  name: z.string().nullish(),
  /** A layer, or the same as a text of JSON, where a schema of GraphQL has no other type for it. */
  policy: z.unknown().optional(),
});

/** What came → what is kept of it. A problem says where, and what was expected there, and nothing of the content. */
export function checkRecord(assistantId: string, value: unknown): Checked {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return { ok: false, problem: problemsOf(parsed.error, 'the record') };
  const { id, name, policy } = parsed.data;
  if (id != null && String(id) !== assistantId) return { ok: false, problem: 'id: expected the one asked for' };
  const layer = layerOf(policy);
  if ('problem' in layer) return { ok: false, problem: `policy: ${layer.problem}` };
  // Others in a room see it.
  const plain = cleanText(name ?? '', MAX_NAME).trim();
  return {
    ok: true,
    record: {
      id: assistantId,
      ...(plain !== '' && { name: plain }),
      ...(layer.policy !== undefined && { policy: layer.policy }),
    },
  };
}

function layerOf(value: unknown): { readonly policy?: PolicyLayer } | { readonly problem: string } {
  if (value === undefined || value === null) return {};
  const parsed = policyLayer.safeParse(typeof value === 'string' ? jsonOf(value) : value);
  if (!parsed.success) return { problem: problemsOf(parsed.error, 'the layer') };
  if (parsed.data.match !== undefined)
    return { problem: 'match: expected none: it is for the rooms of this assistant' };
  return { policy: parsed.data };
}

/** Undefined for what is no JSON: it is no layer either. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function problemsOf({ issues }: z.ZodError, whole: string): string {
  const problems = plainIssues(issues).map((issue) => describe(issue, whole));
  const more = problems.length > MAX_PROBLEMS ? `, and ${problems.length - MAX_PROBLEMS} more` : '';
  return problems.slice(0, MAX_PROBLEMS).join('; ') + more;
}

function describe(issue: z.core.$ZodIssue, whole: string): string {
  const path = issue.path.map(String).join('.') || whole;
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path[0] === 'content' ? [] : issue.keys.filter((key) => PLAIN_KEY.test(key));
    return `${path}: unknown key${known.length > 0 ? ` ${known.slice(0, 3).join(', ')}` : ''}`;
  }
  // Some messages end with what was got.
  return `${path}: ${issue.message.replace(/, got ".*$/s, '')}`;
}
