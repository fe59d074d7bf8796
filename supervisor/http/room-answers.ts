import type { Constraints } from '../../spec/policy.ts';
import { MASK } from '../../spec/redact.ts';
import type { RoomPolicy, RoomView } from '../room/api.ts';
import type { Caller } from './caller.ts';
import { Problem } from './problem.ts';

/**
 * The room as the caller may see it: what bots write to stderr may hold anything, and takes a scope to read. An ended
 * room may have been written down by an older roomd, without what that didn't know of.
 */
export function forCaller(room: RoomView, caller: Caller): RoomView {
  const whole: RoomView = {
    ...room,
    call: room.call ?? null,
    usage: room.usage ?? null,
    quarantine: room.quarantine ?? null,
  };
  if (whole.stop === null || caller.can('events:pii')) return whole;
  return { ...whole, stop: { ...whole.stop, stderr: whole.stop.stderr.map(() => MASK) } };
}

/** What people mustn't say in a room may be a secret of its own. */
export function policyForCaller(answer: RoomPolicy, caller: Caller): RoomPolicy {
  if (caller.can('events:pii')) return answer;
  const { enforcement, ...constraints } = answer.policy;
  const rules = enforcement?.map((rule) => {
    return rule.action === 'restrict' ? { ...rule, to: withoutPhrases(rule.to) } : rule;
  });
  return { ...answer, policy: { ...withoutPhrases(constraints), ...(rules && { enforcement: rules }) } };
}

function withoutPhrases(constraints: Constraints): Constraints {
  const { content } = constraints;
  if (content?.blockedPhrases === undefined) return constraints;
  return { ...constraints, content: { ...content, blockedPhrases: content.blockedPhrases.map(() => MASK) } };
}

/** The value, or the refusal that there is no such room. One that was refused at its start has events all the same. */
export function found<T>(value: T | undefined, roomId: string): T {
  if (value === undefined) {
    throw unknownRoom(roomId, `; if it was refused, GET /v1/rooms/${roomId}/events may say why`);
  }
  return value;
}

export function unknownRoom(roomId: string, more = ''): Problem {
  const detail = `no room "${roomId}" runs or has run; GET /v1/rooms lists those that do or have`;
  return new Problem('unknown-room', detail + more);
}

/** The room is known, and what its policy was is not. */
export function noPolicy(roomId: string): Problem {
  return new Problem(
    'no-policy',
    `the policy of "${roomId}" is no longer kept; GET /v1/rooms/${roomId} has its version`,
  );
}

/** There is nothing to lift. */
export function notQuarantined(roomId: string): Problem {
  return new Problem('not-quarantined', `"${roomId}" is not in quarantine: its id may be used`);
}

/** When to ask again, as a header: whole seconds, at least one. */
export function retryAfter(seconds: number): { headers: Record<string, string> } {
  return { headers: { 'retry-after': String(Math.max(1, Math.ceil(seconds))) } };
}
