import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { PutEventsEntry } from '../../supervisor/forward/port.ts';
import type { Came, Expect } from './forward-stand-in.ts';
import { root } from './serve.ts';

export interface StandIn {
  readonly endpoint: string;
  /** Counts anew. Resolves when it does, with what resolves when so many ids of the topic have come. */
  expect(topic: string, ids: number): Promise<{ readonly came: Promise<Came> }>;
  stop(): void;
}

/** The stand-in, in a process of its own. */
export async function startStandIn(): Promise<StandIn> {
  const child = fork(join(root, 'scripts/bench.d/forward-stand-in.ts'), { execArgv: [] });
  const [endpoint] = (await once(child, 'message')) as [string];
  return {
    endpoint,
    async expect(topic, ids) {
      const ready = once(child, 'message');
      child.send({ topic, ids } satisfies Expect);
      await ready;
      return { came: once(child, 'message').then(([came]) => came as Came) };
    },
    stop: () => child.disconnect(),
  };
}

/** By the machine's monotonic clock, which all its processes share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What one would write without roomd: so many requests under way at once, each result taken for granted. */
export async function naiveLoop(endpoint: string, entries: readonly PutEventsEntry[], concurrency: number) {
  const client = new EventBridgeClient({
    region: 'eu-central-1',
    endpoint,
    maxAttempts: 1,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  let next = 0;
  const work = async () => {
    while (next < entries.length) {
      const Entries = entries.slice(next, next + 10);
      next += 10;
      await client.send(new PutEventsCommand({ Entries }));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  client.destroy();
}
