import { isTopic } from './envelope.ts';
import { registry } from './generated/registry.ts';
import { nameMatcher } from './runtime/match.ts';

/** The topics of roomd's own by which a bot acts; by the others it tells what happens. */
const ACTS: ReadonlySet<string> = new Set(['room.message.sent', 'assistant.tool.invoked']);

/** Rules that only the supervisor says are broken: a breach without a report, a snapshot without an acknowledgement. */
export const SUPERVISOR_RULES: ReadonlySet<string> = new Set(['unreported', 'unacknowledged']);

/**
 * Whether an event of this topic is something that the bot does: rates count these. Topics that aren't roomd's own are
 * taken for acts.
 */
export function isAct(topic: string): boolean {
  return ACTS.has(topic) || !isTopic(topic) || registry[topic].own === true;
}

/** Whether a rate with this pattern can count anything. */
export function covers(pattern: string): boolean {
  const matches = nameMatcher(pattern);
  const own = Object.keys(registry).filter(matches);
  return own.length === 0 || own.some(isAct);
}
