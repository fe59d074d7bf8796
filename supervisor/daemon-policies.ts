import type { Publish } from './base/publish.ts';
import type { UndoStack } from './base/undo.ts';
import type { Config } from './config.ts';
import type { RoomsParts } from './daemon-rooms.ts';
import { openPolicies, type PolicySources } from './policy/sources.ts';

/** Reads the configured layers for the first time, and begins to look for changes. What addresses gave is kept in the log. */
export async function startPolicies(
  { policy }: Config,
  { log, ...parts }: Omit<RoomsParts, 'policies'> & { readonly publish: Publish },
  undo: UndoStack,
): Promise<PolicySources> {
  const keep = {
    load: (key: string) => log.document(key),
    save: async (key: string, value: unknown) => void (await log.append([], { [key]: value })),
  };
  const policies = openPolicies({ ...policy, ...parts, keep });
  undo.add('policy sources', () => policies.stop());
  await policies.start();
  return policies;
}
