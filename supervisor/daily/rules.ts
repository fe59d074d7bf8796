import type { PolicyLayer } from '../../spec/policy.ts';
import { globMatcher } from '../base/glob.ts';
import type { RoomRequest } from '../room/api.ts';

/** What a meeting in one of these rooms starts. */
export interface DailyRule {
  /** Names of Daily rooms, with `*` for any run of characters. */
  readonly rooms: string;
  readonly bot: string;
  readonly assistantId?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly policy?: PolicyLayer | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The name of a Daily room → what to ask for when there is a meeting, by the first rule that fits; undefined: nothing. */
export function createRules(rules: readonly DailyRule[]): (room: string) => RoomRequest | undefined {
  const known = rules.map((rule) => ({ rule, fits: globMatcher(rule.rooms) }));
  return (room) => {
    const found = known.find(({ fits }) => fits(room));
    if (found === undefined) return undefined;
    const { bot, assistantId, tenantId, policy, options } = found.rule;
    return { roomId: room, connector: 'daily', bot, assistantId, tenantId, policy, options: { ...options, room } };
  };
}
