import type { Envelope } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { Bus, type BusOptions } from '../../spec/runtime/bus.ts';
import { FakeClock } from './fake-clock.ts';

export const SPEC_VERSION = `sha256:${'0'.repeat(64)}`;

/** A bus on a fake clock that remembers everything published and every error. */
export function testBus(options: Partial<BusOptions> = {}) {
  const clock = new FakeClock();
  const envelopes: Envelope[] = [];
  const errors: { where: string; topic: string; error: unknown }[] = [];
  let made = 0;
  const newId = () => `0190b1c2-0000-7000-8000-${String(made++).padStart(12, '0')}`;
  const bus = new Bus({
    clock,
    specVersion: SPEC_VERSION,
    runtime: 'bot',
    newId,
    sink: (envelope) => envelopes.push(envelope),
    onError: (where, topic, error) => errors.push({ where, topic, error }),
    ...options,
  });
  return {
    bus,
    clock,
    newId,
    envelopes,
    errors,
    topics: () => envelopes.map(({ topic }) => topic),
    payloads: <T extends TopicId>(topic: T) =>
      envelopes.filter((envelope) => envelope.topic === topic).map(({ payload }) => payload as TopicPayloads[T]),
  };
}
