import { z } from 'zod';
import { fold } from '../spec/phrases.ts';
import { MAX_RULES, patternProblem } from './base/moderation.ts';
import { name } from './config-parts.ts';

const blockedPhrase = z
  .string()
  .trim()
  .min(1)
  .max(512)
  .refine((phrase) => fold(phrase) !== '', 'expected a phrase of more than invisible characters');

/** The rules of local rooms. Their names are told, their phrases and patterns are not. */
export const moderation = z
  .strictObject({
    /** Messages and names with one of these phrases are kept out; found as policies find theirs. */
    block: z
      .array(z.strictObject({ name, phrases: z.array(blockedPhrase).min(1).max(10_000) }))
      .max(MAX_RULES)
      .default([]),
    /** What fits a pattern (RE2) becomes [name]. */
    redact: z
      .array(
        z.strictObject({
          name,
          pattern: z
            .string()
            .min(1)
            .max(1_000)
            .check(({ value, issues }) => {
              const message = patternProblem(value);
              if (message !== undefined) issues.push({ code: 'custom', message, input: undefined });
            }),
        }),
      )
      .max(MAX_RULES)
      .default([]),
  })
  .refine(
    ({ block, redact }) =>
      new Set([...block, ...redact].map((rule) => rule.name)).size === block.length + redact.length,
    {
      message: 'expected every rule to have a name of its own',
    },
  );
