import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { type Arrived, type Bus, openBus } from '../../scripts/moto-room/bus.ts';
import { haveMoto, startMoto } from '../../scripts/moto-room/emulator.ts';
import { registry } from '../../spec/generated/registry.ts';
import { redactPayload } from '../../spec/redact.ts';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import { type Client, type Event, root } from './daemon.ts';

export type { Arrived } from '../../scripts/moto-room/bus.ts';

const ENABLE = 'install Python 3.11 or later with venv (on Debian: apt-get install python3-venv), then ./scripts/test';
if (!haveMoto && process.env.CI) throw new Error(`no moto: ${ENABLE}`);

export const withoutMoto: boolean = !haveMoto;
/** A title that says, where moto isn't there, how to enable the tests. */
export const titled = (title: string): string => (haveMoto ? title : `${title}: skipped, to enable it ${ENABLE}`);

const BUS = 'meetings';

/** What arrived, according to somebody who has none of roomd's code. */
export interface Judge extends Pick<Bus, 'create' | 'delete'> {
  readonly endpoint: string;
  /** Every event that has arrived in the queue since the beginning, each as often as it did. */
  received(): Promise<readonly Arrived[]>;
}

/** moto with a bus, a rule for all that roomd sends, and its queue; gone with the test. */
export async function startJudge(): Promise<Judge> {
  // For the processes that the test starts: there is no other way to give a daemon credentials.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_PROFILE', undefined);
  const moto = await startMoto();
  onTestFinished(async () => {
    moto.process.kill('SIGKILL');
    await moto.exited;
  });
  const bus = await openBus(moto.endpoint, BUS);
  onTestFinished(() => bus.close());
  const arrived: Arrived[] = [];
  return {
    endpoint: moto.endpoint,
    create: bus.create,
    delete: bus.delete,
    async received() {
      for (;;) {
        const events = await bus.receive();
        if (events.length === 0) return arrived;
        arrived.push(...events);
      }
    },
  };
}

/** The roomd.yaml of a daemon that forwards there, and plays the sample meetings. */
export async function configure(data: string, endpoint: string, forward: object = {}, more: ConfigInput = {}) {
  const config = {
    connectors: { transcript: { folder: join(root, 'scripts/demo-room/meetings') } },
    forward: { target: 'eventbridge', region: 'us-east-1', bus: BUS, endpoint, ...forward },
    ...more,
  };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
}

export const isForwarded = ({ envelope }: Event): boolean => registry[envelope.topic].forwarding.mode === 'forward';

/** Resolves when every event that is in the log is settled, with all of them. */
export async function settled(roomd: Client): Promise<Event[]> {
  const all = await roomd.history();
  const last = Number(all.at(-1)?.position.split('.')[1]);
  while ((await roomd.metric('roomd_forward_cursor_offset')) < last);
  return all;
}

/** Fails unless each of these events arrived at least once, whole and as governed, and nothing else did. */
export function expectArrived(events: readonly Event[], arrived: readonly Arrived[]): void {
  const byId = Map.groupBy(arrived, ({ detail }) => detail.id);
  expect(new Set(byId.keys())).toEqual(new Set(events.map(({ envelope }) => envelope.id)));
  for (const { envelope } of events) {
    const masked = redactPayload(JSON.stringify(envelope), registry[envelope.topic].redact);
    for (const event of byId.get(envelope.id) ?? []) {
      expect(event).toMatchObject({ source: 'roomd', 'detail-type': envelope.topic });
      expect(event.resources).toEqual([`roomd:room/${envelope.roomId}`]);
      expect(Date.parse(event.time)).toBe(Math.floor(envelope.ts / 1000) * 1000);
      expect(event.detail).toEqual(masked.ok && JSON.parse(masked.text));
    }
  }
}
