import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseMetrics } from '../bench.d/metrics.ts';
import type { Kept } from './streams-judge.ts';
import { root, Supervisor } from './supervisor.ts';

const ROOMS = ['alpha', 'beta'];
const PER_SECOND = 1_000;
/** As good as everything. */
const ALL = 10_000_000;

/** One log, served by one daemon after the other. */
export class StreamsDaemon {
  /** Where it serves, or did. */
  port = 0;
  /** Resolves when it serves. */
  up: Promise<void> = Promise.resolve();
  /** Nothing more happens in it. */
  settled = false;
  readonly #data: string;
  #supervisor: Supervisor | undefined;

  constructor(data: string, maxEventsPerRoom: number | undefined) {
    this.#data = data;
    this.#configure(maxEventsPerRoom ?? ALL);
  }

  async start(): Promise<void> {
    this.#supervisor = new Supervisor(this.#data);
    this.port = Number(new URL(await this.#supervisor.serving).port);
  }

  /** Rooms of this spell, in which a thousand things a second happen. */
  async fill(spell: number): Promise<void> {
    const options = { perSecond: PER_SECOND / ROOMS.length };
    for (const name of ROOMS) {
      await this.#supervisor?.post('/v1/rooms', {
        roomId: `${name}-${spell}`,
        bot: 'numbered',
        connector: 'external',
        options,
      });
    }
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    const up = Promise.withResolvers<void>();
    this.up = up.promise;
    await this.#supervisor?.end(signal);
    await this.start();
    up.resolve();
  }

  /** Ends the rooms; from now on all that is in the log stays there. That is what comes back. */
  async settle(): Promise<Kept[]> {
    this.#configure(ALL);
    this.settled = true;
    await this.restart('SIGTERM');
    const kept: Kept[] = [];
    for (let from = 'start'; ; ) {
      const page = await this.#supervisor?.json<{ events: Kept[]; next: string }>(`/v1/events?from=${from}&limit=1000`);
      if (page === undefined || page.events.length === 0) return kept;
      kept.push(...page.events);
      from = page.next;
    }
  }

  /** Resolves when the metric has grown, or begun anew. */
  async grown(name: string): Promise<void> {
    const before = await this.#metric(name);
    while ((await this.#metric(name)) === before) await sleep(100);
  }

  assertAlive(): void {
    const { process, lines } = this.#supervisor ?? {};
    if (process?.exitCode !== null) throw new Error(`roomd ended with ${process?.exitCode}: ${lines?.join('\n')}`);
  }

  /** What was wrong with its end. */
  async stop(): Promise<string[]> {
    const code = await this.#supervisor?.end('SIGTERM');
    return code === 0 ? [] : [`SIGTERM: expected exit code 0, got ${code}`];
  }

  async #metric(name: string): Promise<number> {
    const address = await this.#supervisor?.serving;
    const readings = parseMetrics(await (await fetch(`${address}/metrics`)).text());
    return [...readings].filter(([key]) => key.startsWith(`roomd_${name}`)).reduce((sum, [, value]) => sum + value, 0);
  }

  #configure(maxEventsPerRoom: number): void {
    const command = [process.execPath, join(root, 'scripts/soak.d/streams-bot.mjs')];
    const config = {
      bots: { numbered: { command } },
      rooms: { resume: false },
      log: { ballast: 0, maxEventsPerRoom, maxTelemetryPerRoom: ALL },
    };
    writeFileSync(join(this.#data, 'roomd.yaml'), JSON.stringify(config));
  }
}
