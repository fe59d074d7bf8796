import { isReserved } from '../reserved.ts';
import type { TopicDescriptor } from '../topic.ts';
import { canonicalSpec, sha256 } from '../version.ts';
import type { SpecSources } from './load.ts';

/** The hash of the sources. */
export function versionOf({ topics, forwarding }: SpecSources): string {
  return sha256(canonicalSpec(topics, forwarding));
}

/** A whole envelope as a reader gets it, around the first example of a topic. The same at every call. */
export function exampleEnvelope({ id, examples }: TopicDescriptor, specVersion: string): Record<string, unknown> {
  return {
    id: '01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f',
    ts: 1_730_000_000_123,
    topic: id,
    specVersion,
    runtime: isReserved(id) ? 'node' : 'bot',
    roomId: 'lobby',
    payload: examples[0],
    meta: { attempt: 1, runId: 'lobby-1', seq: 17, receivedAt: 1_730_000_000_125 },
  };
}
