import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';
import type { DeadLetters, Redrive, RedriveProgress, RedriveSelection, WholeDeadLetter } from './api.ts';
import { deadAgain } from './dead-letters.ts';
import type { Governed } from './govern.ts';
import type { Item } from './passage.ts';
import { UNTRIED } from './sender.ts';

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
  readonly revive: (id: string) => Promise<boolean>;
  /** Whether a letter is still there: a crowd of newer ones may have cost it its place. */
  readonly keeps: (id: string) => boolean;
}

/** Letters of one redrive under way at once: the rest of the traffic goes first. */
const UNDER_WAY = 20;
const PAGE = 500;
/** One lane for all of them: one batch at a time. No room has such a name. */
const LANE = ' redrive';

type Fate = 'delivered' | 'refused';

interface Job {
  readonly progress: { -readonly [K in keyof RedriveProgress]: RedriveProgress[K] };
  readonly ids: string[];
}

interface UnderWay {
  /** Absent when the target has answered, and that is on its way to the disk. */
  item: Item | undefined;
  /** The last one that selected it. */
  job: Job;
}

/** Sends dead letters again. What arrives is a dead letter no more; what is refused again stays one. */
export class Redriver implements Redrive {
  readonly #options: RedriverOptions;
  readonly #underWay = new Map<string, UnderWay>();
  #job: Job | undefined;
  #starting = false;
  #feeding = false;
  /** Under way and not answered. */
  #sending = 0;

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
      void this.#feed();
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

  /** Whatever was under way has been given up: once more, to a sender that knows nothing of their failures. */
  async resume(): Promise<void> {
    for (const [id, { item }] of [...this.#underWay]) {
      if (item === undefined) continue;
      // Forwarding may have gone back to before it was set aside: then it goes with all the others.
      if ((await this.#options.deadLetters.get(id)) !== undefined) this.#options.push({ ...item, ...UNTRIED });
      else void this.#settle(id, async () => 'delivered');
    }
  }

  arrived({ id }: WholeDeadLetter): void {
    void this.#settle(id, async () => ((await this.#options.revive(id)) ? 'delivered' : undefined));
  }

  refused(letter: WholeDeadLetter, reason: string): void {
    void this.#settle(letter.id, () => this.#refuse(letter, reason));
  }

  /** Until that is on disk nobody else may send it. `work` says what became of it; undefined: it has to go again. */
  async #settle(id: string, work: () => Promise<Fate | undefined>): Promise<void> {
    const known = this.#underWay.get(id);
    if (known?.item === undefined) return;
    known.item = undefined;
    this.#sending--;
    void this.#feed();
    const fate = await work();
    this.#underWay.delete(id);
    if (fate !== undefined) this.#count(known.job, fate);
    else if (known.job.progress.state === 'running') known.job.ids.push(id);
    void this.#feed();
  }

  async #refuse(letter: WholeDeadLetter, reason: string): Promise<Fate> {
    const { log, clock, telemetry, keeps } = this.#options;
    telemetry.eventDeadLettered(letter.eventId, letter.topic, reason);
    if (!keeps(letter.id)) return 'refused';
    // It rejects only when the log closes first: then the letter keeps its old reason.
    await log.append([], deadAgain(letter, reason, clock.now())).catch(() => {});
    return 'refused';
  }

  #count(job: Job, fate: Fate): void {
    job.progress[fate]++;
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
  async #feed(): Promise<void> {
    if (this.#feeding) return;
    this.#feeding = true;
    try {
      while (this.#sending < UNDER_WAY) {
        const job = this.#job;
        const id = job?.ids.shift();
        if (job === undefined || id === undefined) break;
        await this.#send(job, id);
      }
    } catch (error) {
      // The log can't be read: the letters are where they were.
      this.#options.telemetry.internalError('redrive', error);
      this.cancel();
    } finally {
      this.#feeding = false;
    }
  }

  async #send(job: Job, id: string): Promise<void> {
    const known = this.#underWay.get(id);
    if (known !== undefined) {
      known.job = job;
      return;
    }
    const letter = await this.#options.deadLetters.get(id);
    // Gone: it has arrived.
    if (letter === undefined) return this.#count(job, 'delivered');
    const item = this.#govern(letter);
    if (typeof item === 'string') return this.#count(job, await this.#refuse(letter, item));
    this.#underWay.set(id, { item, job });
    this.#sending++;
    this.#options.push(item);
  }

  /** By the rules of today; why not, when it isn't to be sent. */
  #govern(letter: WholeDeadLetter): Item | string {
    const { govern, clock, maxAgeMs } = this.#options;
    const record = { ...letter, id: letter.eventId };
    const governed = govern(record);
    if (governed.kind === 'poison') return governed.reason;
    if (governed.kind === 'skip') return `NotForwarded: ${governed.reason}`;
    const { entry, bytes } = governed;
    const expiresAt = clock.now() + maxAgeMs;
    return { ...UNTRIED, expiresAt, offset: letter.offset, bytes, record, entry, letter, lane: LANE, high: false };
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
