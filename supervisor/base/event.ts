import type { Envelope, Parsed } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { newId } from './ids.ts';

/** An event of the supervisor's own, before it is stamped. `now`: milliseconds since 1970. */
export function eventOf<T extends TopicId>(
  topic: T,
  payload: TopicPayloads[T],
  now: number,
  id: string = newId(),
): Parsed {
  const envelope: Envelope<T> = { id, ts: now, topic, specVersion, runtime: 'node', payload };
  return { ok: true, envelope: envelope as Envelope, payloadText: JSON.stringify(payload) };
}
