import type { Parsed } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { newId } from '../base/ids.ts';

/** An event of the gateway's as `Rooms.bring` takes it. `now`: milliseconds since 1970. */
export function eventOf<T extends TopicId>(topic: T, payload: TopicPayloads[T], now: number, id = newId()): Parsed {
  const envelope = { id, ts: now, topic, specVersion, runtime: 'node', payload } as Parsed['envelope'];
  return { ok: true, envelope, payloadText: JSON.stringify(payload) };
}
