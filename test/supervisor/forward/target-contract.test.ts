import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { openDryRun } from '../../../supervisor/forward/dry-run.ts';
import { openEventBridge } from '../../../supervisor/forward/eventbridge.ts';
import type { PutEventsInput, Target } from '../../../supervisor/forward/port.ts';
import { dryRunLines } from './dry-run-lines.ts';
import { startStandIn } from './eventbridge-stand-in.ts';
import { temporaryFolder } from './rig.ts';

interface Opened {
  target: Target;
  /** What arrived, request by request. */
  arrived: () => Promise<{ Entries: { Detail: string; Time: unknown }[] }[]>;
}

const ADAPTERS: Record<string, () => Promise<Opened>> = {
  async 'dry run'() {
    const file = join(await temporaryFolder(), 'dry-run.jsonl');
    const target = await openDryRun({ file, bus: 'default', clock: systemClock });
    return { target, arrived: async () => (await dryRunLines(file)).map(({ input }) => input) };
  },
  async EventBridge() {
    const standIn = await startStandIn();
    const target = openEventBridge({
      region: 'eu-central-1',
      bus: 'default',
      clock: systemClock,
      endpoint: standIn.endpoint,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    return { target, arrived: async () => standIn.requests.map(({ entries }) => ({ Entries: entries })) };
  },
};

const DETAIL = '{"id":"a","payload":{"n":9007199254740993,"text":"語🙂"}}';

function input(count: number): PutEventsInput {
  return {
    Entries: Array.from({ length: count }, (_, index) => ({
      Source: 'roomd',
      DetailType: `a.b${index}`,
      Detail: DETAIL,
      Time: new Date(1_730_000_000_123),
      EventBusName: 'default',
      Resources: ['roomd:room/blue'],
    })),
  };
}

const signal = new AbortController().signal;

describe.each(Object.entries(ADAPTERS))('%s', (_, open) => {
  it('answers one outcome an entry, and the text arrives as it was', async () => {
    const { target, arrived } = await open();
    const outcomes = await target.send(input(10), signal);
    expect(outcomes).toEqual(Array(10).fill({ kind: 'delivered', eventId: expect.stringMatching(/./) }));
    const [request] = await arrived();
    expect(request?.Entries).toHaveLength(10);
    expect(request?.Entries[3]).toMatchObject({ DetailType: 'a.b3', Detail: DETAIL });
    await target.close();
  });

  it('takes requests at the same time', async () => {
    const { target, arrived } = await open();
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map((count) => target.send(input(count), signal)));
    expect(outcomes.map(({ length }) => length)).toEqual([1, 2, 3, 4, 5]);
    expect((await arrived()).map(({ Entries }) => Entries.length).sort()).toEqual([1, 2, 3, 4, 5]);
    await target.close();
  });

  it('does not deliver what was given up', async () => {
    const { target, arrived } = await open();
    const outcomes = await target.send(input(3), AbortSignal.abort());
    expect(outcomes).toEqual(Array(3).fill({ kind: 'unavailable', reason: expect.any(String) }));
    expect(await arrived()).toEqual([]);
    await target.close();
  });

  it('closes twice, and never rejects afterwards', async () => {
    const { target } = await open();
    await target.close();
    await target.close();
    expect(await target.send(input(1), signal)).toHaveLength(1);
  });

  it('is named by what it writes to', async () => {
    const { target } = await open();
    expect(target.name).toMatch(/^(dry-run|eventbridge\/eu-central-1)\/default$/);
    await target.close();
  });
});
