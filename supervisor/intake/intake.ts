import { GATEWAY, isOfTheRoom } from '../../spec/chat.ts';
import { type Envelope, isOf, type Parsed, parseEnvelope, type RejectReason } from '../../spec/envelope.ts';
import { registry } from '../../spec/generated/registry.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { SUPERVISOR_RULES } from '../../spec/policy-acts.ts';
import { isReserved } from '../../spec/reserved.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import { acceptsVersion, specVersion } from '../../spec/spec-version.ts';
import type { Moderation } from '../base/moderation.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Documents, Entry, Log } from '../log/port.ts';
import { falseClaims } from './claims.ts';
import { moderate } from './moderated.ts';
import { RecentIds } from './recent-ids.ts';
import { Rejections } from './rejections.ts';
import { saidBy, whyNotSaid } from './said.ts';
import { type Origin, Stamper } from './stamper.ts';

export interface IntakeDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Of local rooms, where what the bot says is moderated too. */
  readonly house?: Moderation | undefined;
}

export interface IntakeListener {
  /** A bot's event, valid and on its way into the log. */
  onEnvelope(envelope: Envelope): void;
  /** The log lags behind this run: stop reading, or go on. */
  onPressure(high: boolean): void;
  /** The bot's authoritative event of this id is on disk, and so is everything before it. Once a commit at most. */
  onCommitted(through: string): void;
}

/** One run's share of what may wait for the log: the pipe slows a flood, and other rooms don't notice. */
const HIGH_RECORDS = 1_000;
const LOW_RECORDS = 250;
const HIGH_BYTES = 1_048_576;
const IDS_REMEMBERED = 1_024;

/** The way of one run's events into the log: line → validated, stamped record, or a counted rejection. */
export class Intake {
  readonly counts = { events: 0, violations: 0, rejected: 0, dropped: 0 };
  readonly #deps: IntakeDeps;
  readonly #listener: IntakeListener;
  readonly #stamper: Stamper;
  readonly #ids = new RecentIds(IDS_REMEMBERED);
  /** Of messages in a local room, whoever's. */
  readonly #messageIds = new RecentIds(IDS_REMEMBERED);
  readonly #rejections: Rejections;
  #batch: Entry[] = [];
  /** The newest authoritative event of the bot in the batch. */
  #newest: string | undefined;
  #committed: Promise<unknown> = Promise.resolve();
  #waitingRecords = 0;
  #waitingBytes = 0;
  #pressed = false;
  #mismatchTold = false;
  #claimsTold = false;

  /** `seq` is the last number already given, when a run is taken up again. */
  constructor(deps: IntakeDeps, origin: Origin, listener: IntakeListener, seq = 0) {
    this.#deps = deps;
    this.#listener = listener;
    this.#stamper = new Stamper(origin, seq);
    this.#rejections = new Rejections(deps.clock, (summary) => {
      const { count, reasons, detail } = summary;
      deps.telemetry.rejectionsSummarised(this.#roomId, count, reasons, detail);
      void this.publish('events.envelope.rejected', summary);
    });
  }

  /** One line of the bot's output. Never throws, whatever the line holds. */
  line(line: string): void {
    const parsed = parseEnvelope(line);
    if (!parsed.ok) this.reject(parsed.reason, line.length, parsed.detail);
    else if (isReserved(parsed.envelope.topic)) {
      this.reject('reserved_topic', line.length, `${parsed.envelope.topic} is for the supervisor alone`);
    } else if (isReservedRule(parsed.envelope)) {
      this.reject('reserved_topic', line.length, 'violations of that rule are for the supervisor alone to tell');
    } else if (this.#isLocal && isOfTheRoom(parsed.envelope.topic)) {
      this.reject('reserved_topic', line.length, `${parsed.envelope.topic} is for a local room itself to tell`);
    } else if (!this.#ids.add(parsed.envelope.id)) {
      this.reject('repeated_id', line.length, 'expected every envelope to have an id of its own');
    } else if (this.#isLocal && isOf(parsed.envelope, 'room.message.sent')) {
      const why = whyNotSaid(parsed.envelope, this.#messageIds);
      if (why !== undefined) this.reject(why.reason, line.length, why.detail);
      else this.#accept(saidBy(parsed, this.#stamper.origin.assistantId ?? 'bot'));
    } else this.#accept(parsed);
  }

  /**
   * An event that somebody else than the bot has brought, behind everything read so far, and those that follow it.
   * Resolves when all are on disk, in one commit; undefined: one of its id has come already.
   */
  bring(parsed: Parsed, by: string, following: readonly Parsed[] = []): Promise<number> | undefined {
    if (!this.#ids.add(parsed.envelope.id)) return undefined;
    if (isOf(parsed.envelope, 'room.message.received')) this.#messageIds.add(parsed.envelope.payload.messageId);
    for (const each of [parsed, ...following]) this.#push(each, by);
    return this.#flush();
  }

  #push({ envelope, payloadText }: Parsed, by: string): void {
    this.#batch.push(this.#stamper.stamp(envelope, payloadText, this.#deps.clock.now(), by));
    this.#count(envelope.topic, envelope.payload);
  }

  reject(reason: RejectReason, bytes: number, detail: string): void {
    this.counts.rejected++;
    this.#deps.telemetry.lineRejected(reason);
    this.#rejections.add(reason, bytes, detail);
  }

  /**
   * An event of the supervisor's own about this run, after everything read so far. Resolves when it is on disk,
   * together with the documents, which are asked for when the event has been counted.
   */
  publish<T extends TopicId>(topic: T, payload: TopicPayloads[T], documents?: () => Documents): Promise<number> {
    this.note(topic, payload);
    return this.#flush(documents?.());
  }

  /** The same for an event that commits with the next one. */
  note<T extends TopicId>(topic: T, payload: TopicPayloads[T]): void {
    this.#batch.push(this.#stamper.own(topic, payload, this.#deps.clock.now()));
    this.#count(topic, payload);
  }

  /** As much waits for the log as may. */
  get pressed(): boolean {
    return this.#pressed;
  }

  /** Nothing is on its way into the log. */
  get idle(): boolean {
    return this.#waitingRecords === 0 && this.#batch.length === 0;
  }

  /** Resolves when everything so far is on disk; rejects when the log closes first. */
  async settled(): Promise<void> {
    void this.#flush();
    await this.#committed;
  }

  /** The bot has written its last line. */
  finish(): void {
    this.#rejections.finish();
  }

  get #isLocal(): boolean {
    return this.#stamper.origin.local === true;
  }

  get #roomId(): string {
    return this.#stamper.origin.roomId ?? '';
  }

  #accept(parsed: Parsed): void {
    const { envelope } = parsed;
    if (registry[envelope.topic].class === 'authoritative') this.#newest = envelope.id;
    const house = this.#isLocal ? this.#deps.house : undefined;
    if (house !== undefined && isOf(envelope, 'room.message.sent')) this.#moderate(parsed, house);
    else this.#take(parsed);
    this.#checkClaims(envelope);
    // What follows from an event stands behind it in the log.
    if (!acceptsVersion(envelope.specVersion)) this.#tellMismatch(envelope.specVersion);
    this.#listener.onEnvelope(envelope);
  }

  #take({ envelope, payloadText }: Parsed): void {
    this.#enqueue(this.#stamper.stamp(envelope, payloadText, this.#deps.clock.now()));
    this.#count(envelope.topic, envelope.payload);
  }

  /** Whatever becomes of it, its id is settled: for the bot, and for what a bot leaves behind. */
  #moderate(parsed: Parsed, house: Moderation): void {
    const { said, audit, action } = moderate(parsed, house, this.#deps.clock.now());
    // What commits together: nothing comes between them, and the batch isn't full after the first.
    if (audit !== undefined && this.#batch.length >= HIGH_RECORDS - 2) void this.#flush();
    if (said !== undefined) this.#take(said);
    if (audit === undefined || action === undefined) return;
    this.#deps.telemetry.moderated(this.#roomId, 'bot', action);
    if (this.#batch.length === 0) queueMicrotask(() => void this.#flush());
    this.#push(audit, GATEWAY);
  }

  #count(topic: TopicId, payload: TopicPayloads[TopicId]): void {
    this.counts.events++;
    if (topic === 'events.dropped') {
      const { topic: ofTopic, count } = payload as TopicPayloads['events.dropped'];
      this.counts.dropped += count;
      this.#deps.telemetry.eventsDropped(this.#roomId, ofTopic, count);
    } else if (topic === 'conversation.policy.violation') {
      const { rule, action } = payload as TopicPayloads['conversation.policy.violation'];
      this.counts.violations++;
      this.#deps.telemetry.violationSeen(this.#roomId, rule, action);
    }
  }

  /** What a bot says it is has been overwritten by now; that it said so is worth knowing. */
  #checkClaims(envelope: Envelope): void {
    const fields = falseClaims(envelope, this.#stamper.origin);
    if (fields === undefined) return;
    this.#deps.telemetry.claimsOverwritten(this.#roomId, fields);
    if (this.#claimsTold) return;
    this.#claimsTold = true;
    void this.publish('events.envelope.overwritten', { fields });
  }

  #tellMismatch(actual: string): void {
    if (this.#mismatchTold) return;
    this.#mismatchTold = true;
    this.#deps.telemetry.specMismatch(this.#roomId, specVersion, actual);
    void this.publish('events.runtime.version.mismatch', { expected: specVersion, actual });
  }

  /** Lines of one chunk go to the log together. */
  #enqueue(entry: Entry): void {
    if (this.#batch.push(entry) === 1) queueMicrotask(() => void this.#flush());
    if (this.#batch.length >= HIGH_RECORDS) void this.#flush();
  }

  #flush(documents?: Documents): Promise<number> {
    const entries = this.#batch;
    if (entries.length === 0 && documents === undefined) return Promise.resolve(this.#deps.log.last);
    this.#batch = [];
    const through = this.#newest;
    this.#newest = undefined;
    const bytes = entries.reduce((sum, entry) => sum + entry.json.length, 0);
    const committed = this.#deps.log.append(entries, documents);
    this.#committed = committed;
    // Only now: whoever hears of pressure may publish, and what is published stands behind these in the log.
    this.#wait(entries.length, bytes);
    const settled = () => this.#wait(-entries.length, -bytes);
    const onDisk = () => {
      settled();
      if (through !== undefined) this.#listener.onCommitted(through);
    };
    // It rejects only when the log closes first: then nothing is left to wait for either.
    committed.then(onDisk, settled);
    return committed;
  }

  #wait(records: number, bytes: number): void {
    this.#waitingRecords += records;
    this.#waitingBytes += bytes;
    const limit = this.#pressed ? LOW_RECORDS : HIGH_RECORDS;
    const pressed = this.#waitingRecords > limit || this.#waitingBytes > HIGH_BYTES;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#listener.onPressure(pressed);
  }
}

/** A bot that could say so itself could make the supervisor believe that it had. */
function isReservedRule({ topic, payload }: Envelope): boolean {
  if (topic !== 'conversation.policy.violation') return false;
  return SUPERVISOR_RULES.has((payload as TopicPayloads['conversation.policy.violation']).rule);
}
