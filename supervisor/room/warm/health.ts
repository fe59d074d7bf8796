import { Backoff } from './backoff.ts';
import { explainLoss, type Loss } from './loss.ts';

const BACKOFF = { base: 500, max: 30_000 };
/** A process that has waited so long has shown that the bot can. */
const PROVEN_MS = 10_000;
/** So many assignments in a row without an answer, and those that still wait are taken for wedged too. */
const MAX_UNANSWERED = 3;

/** What a bot's waiting processes have shown so far: when another may be started, and why none is. */
export class Health {
  readonly #bot: string;
  readonly #onProblem: (problem: string | undefined) => void;
  /** Pauses after processes that failed to wait, and after assignments without an answer. */
  readonly #starts: Backoff;
  readonly #answers: Backoff;
  #refused = false;
  #cautious = false;
  #unanswered = 0;
  #problem: string | undefined;

  constructor(bot: string, random: () => number, onProblem: (problem: string | undefined) => void) {
    this.#bot = bot;
    this.#onProblem = onProblem;
    this.#starts = new Backoff(BACKOFF, random);
    this.#answers = new Backoff(BACKOFF, random);
  }

  get #words(): string {
    return `its last words: DATA/stderr/.waiting-${this.#bot}.log`;
  }

  /** No process is started before; Infinity: never. */
  get pauseUntil(): number {
    return this.#refused ? Infinity : Math.max(this.#starts.until, this.#answers.until);
  }

  /** The last one failed and none has become ready since: one at a time. */
  get cautious(): boolean {
    return this.#cautious;
  }

  /** Why none is made ready at the moment. */
  get problem(): string | undefined {
    return this.#problem;
  }

  ready(): void {
    this.#cautious = false;
    if (!this.#refused) this.#tell(undefined);
  }

  /** One is ready still. Becoming so proves little: a bot that then dies at once would never be paused for long. */
  waits(startedAt: number, now: number): void {
    if (now - startedAt >= PROVEN_MS) this.#starts.succeeded(startedAt);
  }

  lost(loss: Loss, startedAt: number, now: number): void {
    if (loss.reason === 'refused') {
      this.#refused = true;
      const advice = `no more are started: set bots.${this.#bot}.warm to 0, or mend the bot and restart roomd (${this.#words})`;
      this.#tell(`${explainLoss(this.#bot, loss)}; ${advice}`);
    } else if (!loss.wasReady || loss.livedMs < PROVEN_MS || loss.reason === 'memory') {
      this.#starts.failed(now, startedAt);
      this.#cautious = true;
      if (!this.#refused)
        this.#tell(`${explainLoss(this.#bot, loss)}; more are tried after growing pauses (${this.#words})`);
    }
  }

  answered(startedAt: number, claimedAt: number): void {
    this.#unanswered = 0;
    this.#starts.succeeded(startedAt);
    this.#answers.succeeded(claimedAt);
  }

  /** True when it is one too many: then none of those that wait is to be trusted. */
  unanswered(claimedAt: number, now: number): boolean {
    // It waited along with others of which that is known.
    if (this.#answers.isOld(claimedAt) || ++this.#unanswered < MAX_UNANSWERED) return false;
    this.#unanswered = 0;
    this.#answers.failed(now, claimedAt);
    const what = `expected an answer to every assignment, got none to ${MAX_UNANSWERED} in a row`;
    if (!this.#refused) this.#tell(`bot ${this.#bot}: ${what}; the processes that waited are replaced`);
    return true;
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#onProblem(problem);
  }
}
