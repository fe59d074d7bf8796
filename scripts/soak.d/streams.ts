import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, type Cut, offsetOf } from './streams-consumer.ts';
import { StreamsDaemon } from './streams-daemon.ts';
import { fits, judge } from './streams-judge.ts';
import { KINDS, type Selection } from './streams-link.ts';
import { planNext, randomFrom, SELECTIONS } from './streams-plan.ts';
import { startProxy, type Way } from './streams-proxy.ts';

export interface StreamsOptions {
  readonly seed: number;
  /** At least so many connections are cut. */
  readonly cuts: number;
  /** The daemon ends so often, and goes on with the same log. */
  readonly ends: number;
  /** So few that some are gone before everybody has read them. Absent: none goes. */
  readonly maxEventsPerRoom?: number;
  /** So many kinds have a consumer that takes nothing until one is cut for it: that takes a minute. */
  readonly stalls?: number;
  readonly say: (line: string) => void;
}

interface Reader {
  readonly consumer: Consumer;
  readonly way: Way;
  readonly selection: Selection;
  readonly share: number;
  /** What it has to do once before all is over. */
  chore: Cut | undefined;
}

/** Consumers of every kind, cut off again and again while a thousand events a second flow. What should have held and didn't. */
export async function runStreams(options: StreamsOptions): Promise<string[]> {
  const { cuts, ends, maxEventsPerRoom, say } = options;
  const random = randomFrom(options.seed);
  const data = mkdtempSync(join(tmpdir(), 'roomd-soak-'));
  const daemon = new StreamsDaemon(data, maxEventsPerRoom);
  const readers = await Promise.all(readersOf(options, daemon));
  const counts = new Map<Cut, number>();
  const made = () => [...counts.values()].reduce((sum, count) => sum + count, 0);
  await daemon.start();
  const running = readers.map((reader) => read(reader));
  for (let spell = 0; spell <= ends; spell++) {
    if (spell > 0) await daemon.restart(random() < 0.5 ? 'SIGTERM' : 'SIGKILL');
    await daemon.fill(spell);
    const enough = (cuts * (spell + 1)) / (ends + 1);
    while (made() < enough || (spell === ends && readers.some(({ chore }) => chore !== undefined))) {
      daemon.assertAlive();
      await sleep(20);
    }
  }
  const kept = await daemon.settle();
  for (const { consumer, selection } of readers) {
    const last = kept.findLast(({ envelope }) => fits(selection, envelope));
    consumer.finish(last === undefined ? 0 : offsetOf(last.position));
  }
  await Promise.all(running);
  const violations = readers.flatMap(({ consumer, selection }) => judge(consumer, selection, kept));
  const notes = readers.map(({ consumer }) => consumer.notes);
  const told = notes.flat().filter((note) => note === 'missing').length;
  if (maxEventsPerRoom === undefined && told > 0) violations.push(`told of ${told} gaps where there are none`);
  if (maxEventsPerRoom !== undefined && told === 0) violations.push('expected some gaps to come about');
  say(
    `${made()} cuts (${[...counts].map((each) => each.join(' ')).join(', ')}); ${kept.length} events kept at the end;`,
  );
  say(`${readers.length} consumers noted ${notes.flat().length} events in all, ${told} gaps among them`);
  await Promise.all(readers.map(({ way }) => way.close()));
  violations.push(...(await daemon.stop()));
  rmSync(data, { recursive: true, force: true });
  return violations;

  async function read(reader: Reader): Promise<void> {
    const { consumer, share, chore } = reader;
    while (!consumer.whole) {
      await daemon.up;
      const next = planNext(random, consumer.kind, share);
      const plan = reader.chore === undefined ? next : { ...next, cut: reader.chore };
      const ended = await consumer.connect(daemon.settled ? undefined : plan, () =>
        daemon.grown('live_cuts_total{reason="slow"'),
      );
      if (ended === undefined) continue;
      counts.set(ended, (counts.get(ended) ?? 0) + 1);
      if (ended === 'away') await daemon.grown('log_expired_events_total');
      if (ended === chore) reader.chore = undefined;
    }
  }
}

function readersOf({ maxEventsPerRoom, stalls = 0 }: StreamsOptions, daemon: StreamsDaemon): Promise<Reader>[] {
  const all = KINDS.flatMap((kind) => SELECTIONS.map((selected) => ({ kind, selected })));
  return all.map(async ({ kind, selected: [selection, share] }, i) => {
    const way = await startProxy(() => daemon.port);
    // Where little is kept some stay away until what they want is gone.
    const away = maxEventsPerRoom !== undefined && i % 3 === 0 ? 'away' : undefined;
    const chore: Cut | undefined = share === 1 && i < stalls * SELECTIONS.length ? 'stall' : away;
    return { consumer: new Consumer(kind, selection, way), way, selection, share, chore };
  });
}
