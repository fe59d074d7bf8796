import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';
import type { DeadLetters, Redrive, RedriveProgress, RedriveSelection, WholeDeadLetter } from './api.ts';
import { deadAgain } from './dead-letters.ts';
import type { Governed } from './govern.ts';
import type { Revived } from './ledger.ts';
import type { Item } from './passage.ts';

export interface RedriverOptions {
  readonly log: Log;
  readonly target: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly maxAgeMs: number;
  readonly deadLetters: DeadLetters;
  readonly govern: (record: LogRecord) => Governed;
  /** Sends it with everything else, if anything is sent at the moment. */
  readonly push: (item: Item) => void;
  /** Takes a letter that has arrived off the list; resolves when that is on disk, or with false: it must go again. */
  readonly revive: (letter: Revived) => Promise<boolean>;
}

/** Letters of one redrive under way at once: the rest of the traffic goes first. */
const UNDER_WAY = 100;
const PAGE = 500;
/** One lane for all of them: one batch at a time. No room has such a name. */
const LANE = ' redrive';

interface Job {
  readonly progress: { -readonly [K in keyof RedriveProgress]: RedriveProgress[K] };
  readonly ids: string[];
}

/** Sends dead letters again. What arrives is a dead letter no more; what is refused again stays one. */
export class Redriver implements Redrive {
  readonly #options: RedriverOptions;
  readonly #underWay = new Map<string, { readonly item: Item; job: Job }>();
  #job: Job | undefined;
  #starting = false;
  #feeding = false;

  constructor(options: RedriverOptions) {
    this.#options = options;
  }

  async start(selection: RedriveSelection): Promise<RedriveProgress | undefined> {
    if (this.#starting || this.#job?.progress.state === 'running') return undefined;
    this.#starting = true;
    try {
      const ids = await this.#select(selection);
      const startedAt = this.#options.clock.now();
      const progress: RedriveProgress = {
        state: 'running',
        startedAt,
        endedAt: null,
        selected: ids.length,
        delivered: 0,
        refused: 0,
        remaining: ids.length,
      };
      const job = { progress, ids };
      this.#job = job;
      this.#options.telemetry.redriveStarted(ids.length);
      this.#finish(job);
      void this.#feed(job);
      return { ...progress };
    } finally {
      this.#starting = false;
    }
  }

  progress(): RedriveProgress | undefined {
    return this.#job === undefined ? undefined : { ...this.#job.progress };
  }

  cancel(): RedriveProgress | undefined {
    const job = this.#job;
    if (job?.progress.state === 'running') this.#end(job, 'cancelled');
    return this.progress();
  }

  /** Whatever was under way has been given up: once more. */
  resume(): void {
    for (const { item } of this.#underWay.values()) this.#options.push({ ...item });
  }

  arrived({ id, target, offset }: WholeDeadLetter): void {
    const job = this.#take(id);
    void this.#options.revive({ id, target, offset }).then((isGone) => {
      if (isGone) this.#count(job, 'delivered');
      else if (job?.progress.state === 'running') this.#retry(job, id);
    });
  }

  refused(letter: WholeDeadLetter, reason: string): void {
    const job = this.#take(letter.id);
    void this.#refuse(job, letter, reason);
  }

  #retry(job: Job, id: string): void {
    job.ids.push(id);
    void this.#feed(job);
  }

  #take(id: string): Job | undefined {
    const job = this.#underWay.get(id)?.job;
    this.#underWay.delete(id);
    if (job !== undefined) void this.#feed(job);
    return job;
  }

  async #refuse(job: Job | undefined, letter: WholeDeadLetter, reason: string): Promise<void> {
    const { log, clock, telemetry } = this.#options;
    telemetry.eventDeadLettered(letter.eventId, letter.topic, reason);
    // It rejects only when the log closes first: then the letter keeps its old reason.
    await log.append([], deadAgain(letter, reason, clock.now())).catch(() => {});
    this.#count(job, 'refused');
  }

  #count(job: Job | undefined, kind: 'delivered' | 'refused'): void {
    if (job === undefined) return;
    job.progress[kind]++;
    job.progress.remaining--;
    this.#finish(job);
  }

  #finish(job: Job): void {
    if (job.progress.remaining === 0 && job.progress.state === 'running') this.#end(job, 'done');
  }

  #end({ progress, ids }: Job, state: 'done' | 'cancelled'): void {
    progress.state = state;
    progress.endedAt = this.#options.clock.now();
    ids.length = 0;
    this.#options.telemetry.redriveEnded(state, progress.delivered, progress.refused, progress.remaining);
  }

  /** Keeps a bounded number under way. */
  async #feed(job: Job): Promise<void> {
    if (this.#feeding) return;
    this.#feeding = true;
    try {
      while (this.#underWay.size < UNDER_WAY) {
        const id = job.ids.shift();
        if (id === undefined) break;
        await this.#send(job, id);
      }
    } catch (error) {
      // The log can't be read: the letters are where they were.
      this.#options.telemetry.internalError('redrive', error);
      if (job.progress.state === 'running') this.#end(job, 'cancelled');
    } finally {
      this.#feeding = false;
    }
  }

  async #send(job: Job, id: string): Promise<void> {
    const { deadLetters, govern, clock, maxAgeMs, push } = this.#options;
    const known = this.#underWay.get(id);
    if (known !== undefined) {
      known.job = job;
      return;
    }
    const letter = await deadLetters.get(id);
    if (letter === undefined) return this.#count(job, 'delivered');
    const record = { ...letter, id: letter.eventId };
    const governed = govern(record);
    if (governed.kind !== 'entry') {
      return this.#refuse(job, letter, governed.kind === 'skip' ? `NotForwarded: ${governed.reason}` : governed.reason);
    }
    const { offset } = letter;
    const { entry, bytes } = governed;
    const fresh = { attempts: 0, ownFailures: 0, answered: 0, expiresAt: clock.now() + maxAgeMs };
    const item: Item = { ...fresh, offset, bytes, record, entry, letter, lane: LANE, high: false };
    this.#underWay.set(id, { item, job });
    push(item);
  }

  async #select({ ids, ...filter }: RedriveSelection): Promise<string[]> {
    const { deadLetters, target } = this.#options;
    // A dry run takes nothing from the live letters, nor the other way round.
    const [kind] = target.split('/');
    const isOurs = (id: string) => id.slice(id.indexOf('-') + 1).startsWith(`${kind}-`);
    const wanted = ids === undefined ? undefined : new Set(ids);
    const selected: string[] = [];
    for (let after = ''; ; ) {
      const page = await deadLetters.list(after, PAGE, filter);
      for (const { id } of page.deadLetters) if (isOurs(id) && (wanted?.has(id) ?? true)) selected.push(id);
      if (page.next === after) return selected;
      after = page.next;
    }
  }
}
