import { setImmediate } from 'node:timers/promises';
import pino from 'pino';
import { systemClock } from '../../../../spec/runtime/clock.ts';
import { newId } from '../../../../supervisor/base/ids.ts';
import { createMetrics } from '../../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../../supervisor/base/telemetry.ts';
import { createMemoryLog } from '../../../../supervisor/log/memory-log.ts';
import { OriginKey } from '../../../../supervisor/room/origin-key.ts';
import { RunFolder } from '../../../../supervisor/room/run-folder.ts';
import { WarmPool } from '../../../../supervisor/room/warm/pool.ts';
import type { WarmDeps, WarmPlan } from '../../../../supervisor/room/warm/port.ts';
import { FakeClock } from '../../../helpers/fake-clock.ts';
import { recordEvents } from './events.ts';
import { FakeChild } from './fake-child.ts';

/** Not on disk: only whether it is there. */
class FakeFolder extends RunFolder {
  readonly #there: Set<string>;

  constructor(key: OriginKey, there: Set<string>) {
    super('/nowhere', newId(), key);
    this.#there = there;
  }

  override async make(): Promise<void> {
    this.#there.add(this.runId);
  }

  override async remove(): Promise<void> {
    this.#there.delete(this.runId);
  }
}

interface Options extends Partial<WarmDeps> {
  /** To decide how a process behaves. */
  readonly onLaunch?: (child: FakeChild, clock: FakeClock) => void;
}

/** A pool whose processes are the test's to play. */
export async function fakePool(plan: Partial<WarmPlan> = {}, { onLaunch = () => {}, ...deps }: Options = {}) {
  const clock = new FakeClock();
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics(), systemClock);
  const originKey = await OriginKey.load(createMemoryLog({ clock: systemClock, telemetry }));
  const children: FakeChild[] = [];
  const folders = new Set<string>();
  const { events, told } = recordEvents();
  const pool = new WarmPool(
    {
      launch: (spec, listener) => {
        const child = new FakeChild(children.length, spec, listener, clock);
        children.push(child);
        onLaunch(child, clock);
        return child;
      },
      clock,
      random: () => 1,
      env: {},
      newFolder: () => new FakeFolder(originKey, folders),
      maxStarting: 100,
      room: () => 1_000,
      ...deps,
    },
    {
      bot: 'fake',
      command: ['fake'],
      env: [],
      floor: 1,
      ceiling: 4,
      heartbeatTimeout: 45_000,
      memory: 2 ** 30,
      refillDelay: 20,
      ...plan,
    },
    events,
  );
  /** Lets happen what is under way. */
  const settle = async () => {
    for (let i = 0; i < 3; i++) await setImmediate();
  };
  return {
    pool,
    clock,
    children,
    /** Run ids. */
    folders,
    told,
    settle,
    /** Processes that run. */
    alive: () => children.filter(({ alive }) => alive),
    /** Lets everybody who starts become ready, and those who start then. */
    async allReady() {
      for (let before = -1; before !== children.length; ) {
        before = children.length;
        await settle();
        for (const child of children) if (child.alive) child.ready();
      }
    },
  };
}
