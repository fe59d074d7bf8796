import { z } from 'zod';
import { duration } from './quantity.ts';
import { isPattern } from './runtime/match.ts';

const pattern = z.string().max(256).refine(isPattern, 'expected a name or a pattern such as search.* or payments.**');
const count = z.int().min(0);

export const severity = z.enum(['low', 'medium', 'high']);
/** From the mildest to the strictest. */
export const enforcementAction = z.enum(['record', 'warn', 'terminate']);

const rate = z.strictObject({
  id: z.string().min(1).max(128),
  topic: pattern,
  /** At most so many events … */
  limit: count,
  /** … within so many milliseconds. */
  per: duration,
});

/** `count` violations of at least this severity within the window call for the action. */
const enforcementRule = z.strictObject({
  severity,
  count: z.int().min(1),
  within: duration,
  action: enforcementAction,
});

/**
 * One layer of a ConversationPolicy as people write it; every part is optional and absent means no constraint.
 * Durations come out in milliseconds. An allow list may be a list of lists: each of them has to admit the tool.
 */
export const policyLayer = z.strictObject({
  policyId: z.string().min(1).max(128).optional(),
  match: z
    .strictObject({
      tenantId: z.string().optional(),
      assistantId: z.string().optional(),
      roomId: z.string().optional(),
    })
    .optional(),
  tools: z
    .strictObject({
      allow: z.union([z.array(pattern), z.array(z.array(pattern))]).optional(),
      deny: z.array(pattern).optional(),
    })
    .optional(),
  turns: z
    .strictObject({
      maxPerSession: count.optional(),
      maxPerMinute: count.optional(),
      maxConsecutive: count.optional(),
      maxChars: count.optional(),
    })
    .optional(),
  rates: z.array(rate).max(256).optional(),
  content: z
    .strictObject({
      blockedPhrases: z.array(z.string().trim().min(1).max(512)).max(10_000).optional(),
      mode: z.enum(['block', 'report']).optional(),
    })
    .optional(),
  attention: z
    .strictObject({ cooldown: duration.optional(), mentionsBypassCooldown: z.boolean().optional() })
    .optional(),
  enforcement: z.array(enforcementRule).max(256).optional(),
});

export type PolicyLayer = z.infer<typeof policyLayer>;
export type Severity = z.infer<typeof severity>;
export type EnforcementAction = z.infer<typeof enforcementAction>;
export type EnforcementRule = z.infer<typeof enforcementRule>;
export type Rate = z.infer<typeof rate>;

/** The composed policy: what the snapshot's hash covers. All times in milliseconds. */
export interface ConversationPolicy {
  tools?: {
    /** A tool has to be admitted by every one of these lists. */
    allow?: string[][];
    deny?: string[];
  };
  turns?: { maxPerSession?: number; maxPerMinute?: number; maxConsecutive?: number; maxChars?: number };
  rates?: Rate[];
  content?: { blockedPhrases?: string[]; mode?: 'block' | 'report' };
  attention?: { cooldown?: number; mentionsBypassCooldown?: boolean };
  enforcement?: EnforcementRule[];
}

/** The file at `BOT_POLICY_PATH`. `layers` names the layers that took part, weakest first. */
export interface PolicySnapshot {
  /** `sha256:` + hash of the canonical JSON of `policy`. */
  policyVersion: string;
  layers: string[];
  policy: ConversationPolicy;
}
