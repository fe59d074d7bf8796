import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import type { LogRecord } from '../../log/port.ts';
import type { PolicyChecks } from './checks.ts';
import { type Breach, CONSECUTIVE, isOfWords, Recount } from './recount.ts';
import { type Moment, Reports, type Silence } from './reports.ts';

type Payload<T extends keyof TopicPayloads> = TopicPayloads[T];
type Violation = Payload<'conversation.policy.violation'>;

/** What a bot publishes is here within so long, unless its pipe was held … */
const LAG_MS = 30_000;
/** … which is told so much later at most. */
const HOLD_TOLD_MS = 60_000;
/** In the place of what a room has masked: one character, which is in no phrase. */
const MASKED = '\0';

interface Sent {
  readonly causeId: string;
  readonly payload: Payload<'room.message.sent'>;
  readonly seq: number | undefined;
  /** About its words. */
  readonly breaches: readonly Breach[];
}

/** Holds what one run's bot does against its policy, and against what it says itself. Driven by the log alone. */
export class RunJudge {
  readonly runId: string;
  /** Whether the bot has ever said that it keeps to a policy. */
  loads = false;
  readonly #recount: Recount;
  readonly #reports = new Reports();
  /** The clock of what the bot does; it never goes back. Milliseconds. */
  #at = Number.NEGATIVE_INFINITY;
  /** The supervisor's clock as last seen, and by how much it was set back so far. */
  #receivedAt = Number.NEGATIVE_INFINITY;
  #setBack = 0;
  #held: { readonly ms: number; readonly until: number } | undefined;
  #over = false;
  /** The message that it sent last, and what that broke. */
  #sent: Sent | undefined;

  constructor(runId: string, checks: PolicyChecks) {
    this.runId = runId;
    this.#recount = new Recount(runId, checks);
  }

  get pending(): boolean {
    return this.#reports.pending;
  }

  cares(topic: string): boolean {
    return this.#recount.cares(topic);
  }

  load(checks: PolicyChecks): void {
    this.#recount.load(checks);
  }

  heard(): void {
    this.#recount.heard();
  }

  /** Others have said something that the bot is told of by the supervisor. */
  told(receivedAt: number): void {
    this.#recount.told(receivedAt + this.#setBack);
  }

  /** The bot had to drop events that may have told that somebody else has spoken, at any time before. */
  missed(): void {
    this.#recount.heard();
    this.#reports.excused(CONSECUTIVE);
  }

  /** Some event has come in. Where clocks were set back meanwhile, time is counted on, and not held against the bot. */
  passed(receivedAt: number): void {
    if (receivedAt < this.#receivedAt) {
      this.#setBack += this.#receivedAt - receivedAt;
      this.#recount.forgetTimes();
    }
    this.#receivedAt = receivedAt;
  }

  /** `seq`: the number of the event in its run. */
  act(record: LogRecord, payload: unknown, seq: number | undefined): Silence[] {
    const now = this.#moment(record);
    const breaches = this.#recount.act(record.topic, payload, now.at);
    for (const breach of breaches) this.#reports.breached(breach, record.id, now);
    if (record.topic === 'room.message.sent') {
      const ofWords = breaches.filter(isOfWords);
      this.#sent = { causeId: record.id, payload: payload as Payload<'room.message.sent'>, seq, breaches: ofWords };
    }
    return this.#reports.overdue({ at: now.at });
  }

  /**
   * The room has masked a message, and tells so right behind it. What stands in the log isn't what the bot has said: what
   * only the masks break is nothing to hold against it.
   */
  moderated({ messageId, participantId, action, rules }: Payload<'room.message.moderated'>, seq = 0): void {
    if (this.#sent === undefined || action !== 'redacted') return;
    const { causeId, payload, breaches } = this.#sent;
    if (payload.messageId !== messageId || payload.participantId !== participantId) return;
    if (this.#sent.seq !== seq - 1) return;
    this.#sent = undefined;
    const words = rules.reduce((text, rule) => text.replaceAll(`[${rule}]`, MASKED), payload.text);
    const own = new Set(this.#recount.words(words).map(({ subject }) => subject));
    for (const breach of breaches) if (!own.has(breach.subject)) this.#reports.retracted(breach, causeId);
  }

  /** The bot has said something else. */
  got(record: LogRecord): Silence[] {
    return this.#reports.overdue({ at: this.#moment(record).at });
  }

  /** The bot tells of a violation. One that it prevented excuses nothing that happened. */
  reported(record: LogRecord, { rule, subject, action, count }: Violation): Silence[] {
    const { at } = this.#moment(record);
    if (action === 'allowed') this.#reports.reported({ rule, subject }, count);
    return this.#reports.overdue({ at });
  }

  /** Its pipe was not read for so long. */
  held({ heldMs }: Payload<'supervisor.bot.held_back'>, receivedAt: number): void {
    this.#held = { ms: heldMs, until: receivedAt + HOLD_TOLD_MS };
  }

  /** What should have been reported by then: milliseconds since 1970, by the supervisor's clock. */
  overdue(receivedAt: number): Silence[] {
    return this.#reports.overdue({ receivedAt });
  }

  /** The bot has ended; what comes now was left behind by it. */
  finish(): Silence[] {
    this.#over = true;
    return this.#reports.overdue();
  }

  /**
   * When it happened, by the bot's clock as far as that can be believed: one that lies about it gains a burst of LAG_MS,
   * once. What a bot leaves behind may come in at any time.
   */
  #moment({ ts, receivedAt }: LogRecord): Moment {
    const held = this.#held !== undefined && receivedAt < this.#held.until ? this.#held.ms : 0;
    const earliest = this.#over ? Number.NEGATIVE_INFINITY : receivedAt - LAG_MS - held;
    this.#at = Math.max(this.#at, Math.max(earliest, Math.min(ts, receivedAt)) + this.#setBack);
    return { at: this.#at, receivedAt };
  }
}
