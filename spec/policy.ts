import { z } from 'zod';
import { fold } from './phrase-fold.ts';
import { covers } from './policy-acts.ts';
import { duration, period } from './quantity.ts';
import { isPattern } from './runtime/match.ts';

const pattern = z.string().max(256).refine(isPattern, 'expected a name or a pattern such as search.* or payments.**');
const count = z.int().min(0);
/** What JSON can carry everywhere: the policy is hashed and sent. */
const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed(), 'expected well-formed Unicode');

export const severity = z.enum(['low', 'medium', 'high']);
/** From the mildest to the strictest. */
export const enforcementAction = z.enum(['record', 'warn', 'restrict', 'terminate', 'quarantine']);

const rate = z.strictObject({
  id: text(128),
  /** Of what a bot does, see policy-acts.ts. */
  topic: pattern.refine((topic) => covers(topic), {
    error: 'expected a pattern of what a bot does: room.message.sent, assistant.tool.invoked, or topics of your own',
  }),
  /** At most so many events … */
  limit: count,
  /** … within so many milliseconds. */
  per: period,
});

const tools = z.strictObject({
  allow: z.union([z.array(pattern), z.array(z.array(pattern))]).optional(),
  deny: z.array(pattern).optional(),
});
const turns = z.strictObject({
  maxPerSession: count.optional(),
  maxPerMinute: count.optional(),
  maxConsecutive: count.optional(),
  maxChars: count.optional(),
});
const phrase = text(512).refine((value) => fold(value) !== '', 'expected a phrase of more than invisible characters');
const content = z.strictObject({
  blockedPhrases: z.array(phrase).max(10_000).optional(),
  mode: z.enum(['block', 'report']).optional(),
});
const attention = z.strictObject({ cooldown: duration.optional(), mentionsBypassCooldown: z.boolean().optional() });

/** What a bot is held to; absent means no constraint. */
const constraints = {
  tools: tools.optional(),
  turns: turns.optional(),
  rates: z.array(rate).max(256).optional(),
  content: content.optional(),
  attention: attention.optional(),
};

/** Whether there is a constraint in it. An empty list is none, but for a list of what is allowed. */
function constrains({ tools, ...rest }: { readonly tools?: { readonly allow?: unknown } | undefined }): boolean {
  return tools?.allow !== undefined || [tools, ...Object.values(rest)].some(saysSomething);
}

function saysSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null ? Object.values(value).some(saysSomething) : value !== undefined;
}

/** `count` violations of at least this severity within the window … */
const trigger = { severity, count: z.int().min(1), within: period };

/** … call for the action. */
const enforcementRule = z.discriminatedUnion('action', [
  z.strictObject({ ...trigger, action: enforcementAction.extract(['record', 'warn', 'terminate']) }),
  z.strictObject({
    ...trigger,
    action: z.literal('restrict'),
    /** What the room is held to from then on, beside all that it is held to already. */
    to: z.strictObject(constraints).refine(constrains, 'expected a constraint such as { turns: { maxPerMinute: 1 } }'),
  }),
  z.strictObject({
    ...trigger,
    action: z.literal('quarantine'),
    /** So long the room's id is refused. */
    for: period,
  }),
]);

/**
 * One layer of a ConversationPolicy as people write it; every part is optional and absent means no constraint.
 * Durations come out in milliseconds. An allow list may be a list of lists: each of them has to admit the tool.
 */
export const policyLayer = z.strictObject({
  policyId: text(128).optional(),
  /** Grows with every change; from a remote source one that is lower than the last is refused. */
  revision: z.int().min(0).optional(),
  match: z
    .strictObject({
      tenantId: z.string().optional(),
      assistantId: z.string().optional(),
      roomId: z.string().optional(),
    })
    .optional(),
  ...constraints,
  enforcement: z.array(enforcementRule).max(256).optional(),
});

export type PolicyLayer = z.infer<typeof policyLayer>;
export type Severity = z.infer<typeof severity>;
export type EnforcementAction = z.infer<typeof enforcementAction>;
export type Rate = z.infer<typeof rate>;

/** What a bot is held to. All times in milliseconds. */
export interface Constraints {
  tools?: {
    /** A tool has to be admitted by every one of these lists. */
    allow?: string[][];
    deny?: string[];
  };
  turns?: { maxPerSession?: number; maxPerMinute?: number; maxConsecutive?: number; maxChars?: number };
  rates?: Rate[];
  content?: { blockedPhrases?: string[]; mode?: 'block' | 'report' };
  attention?: { cooldown?: number; mentionsBypassCooldown?: boolean };
}

/** One rung of the ladder. Times in milliseconds. */
export type EnforcementRule = {
  severity: Severity;
  count: number;
  within: number;
} & (
  | { action: 'record' | 'warn' | 'terminate' }
  /** `to` is added to what the room is held to. */
  | { action: 'restrict'; to: Constraints }
  /** `for`: so long the room's id is refused. */
  | { action: 'quarantine'; for: number }
);

/** The composed policy: what the snapshot's hash covers. */
export interface ConversationPolicy extends Constraints {
  enforcement?: EnforcementRule[];
}

/** The file at `BOT_POLICY_PATH`. `layers` names the layers that took part, weakest first. */
export interface PolicySnapshot {
  /** `sha256:` + hash of the canonical JSON of `policy`. */
  policyVersion: string;
  layers: string[];
  policy: ConversationPolicy;
}
