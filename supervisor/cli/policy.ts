import { statements } from '../../spec/compose.ts';
import type { ConversationPolicy } from '../../spec/policy.ts';
import { createClient } from './client.ts';
import { type Io, painter, print, wantsJson } from './io.ts';
import { type FieldView, fieldsOf, givenFields } from './policy-fields.ts';
import { layersOf, type PolicyCommandOptions } from './policy-sources.ts';
import { type PolicyHead, policySheet } from './policy-view.ts';

/** `roomd policy compose [FILE…]`: the snapshot that layers come to, as a bot would get it. */
export async function composeFiles(files: readonly string[], options: PolicyCommandOptions, io: Io): Promise<number> {
  const { policyVersion, layers, policy } = await snapshotOf(files, options, io);
  print(io.out, JSON.stringify({ policyVersion, layers, policy }, null, wantsJson(io, options.json) ? 0 : 2));
  return 0;
}

/** `roomd policy explain [FILE…]`: every field of it, who gave it, and what others say that didn't count. */
export async function explainFiles(files: readonly string[], options: PolicyCommandOptions, io: Io): Promise<number> {
  const { policyVersion, layers, policy, provenance, said } = await snapshotOf(files, options, io);
  const fields = fieldsOf(policy, provenance, said);
  if (wantsJson(io, options.json)) {
    print(io.out, JSON.stringify({ policyVersion, layers, policy, provenance, fields }));
  } else showSheet({ policyVersion, layers }, fields, io);
  return 0;
}

/** What a daemon answers; the newer parts may be missing. */
interface RoomPolicyAnswer {
  readonly policyVersion: string;
  readonly layers: readonly string[];
  readonly policy: ConversationPolicy;
  readonly provenance: Readonly<Record<string, readonly string[]>>;
  readonly acknowledged?: string | null;
  readonly restrictions?: readonly { readonly rule: string; readonly causeId: string; readonly at: number }[];
}

/** `roomd policy show ROOM`: what a room is held to at the moment. */
export async function showPolicy(roomId: string, options: { json?: boolean }, io: Io): Promise<number> {
  const path = `/v1/rooms/${encodeURIComponent(roomId)}/policy`;
  const answer = (await createClient(io).json('GET', path)) as RoomPolicyAnswer;
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify(answer));
  else showSheet({ roomId, ...answer }, givenFields(answer.policy, answer.provenance), io);
  return 0;
}

function showSheet(head: PolicyHead, fields: readonly FieldView[], io: Io): void {
  for (const line of policySheet(head, fields, io.clock.now(), painter(io.out, io.env))) print(io.out, line);
}

async function snapshotOf(files: readonly string[], options: PolicyCommandOptions, io: Io) {
  const { composeSnapshot } = await import('../policy/snapshot.ts');
  const layers = await layersOf(files, options, io);
  return { ...composeSnapshot(layers), said: statements(layers) };
}
