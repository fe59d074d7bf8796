import type { Constraints } from './policy.ts';
import { anyNameMatcher } from './runtime/match.ts';

export type ToolRule = 'tools.deny' | 'tools.allow';

/** What keeps a tool from being used: deny wins, and every allow list has to admit it. Undefined: nothing does. */
export function toolRules({ allow = [], deny = [] }: NonNullable<Constraints['tools']> = {}) {
  const denied = anyNameMatcher(deny);
  const allowed = allow.map(anyNameMatcher);
  return (tool: string): ToolRule | undefined => {
    if (denied(tool)) return 'tools.deny';
    return allowed.every((admits) => admits(tool)) ? undefined : 'tools.allow';
  };
}
