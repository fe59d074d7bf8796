import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import type { Rate } from '../../../spec/policy.ts';
import { codePointLength } from '../../../spec/runtime/code-points.ts';
import { TokenBucket } from '../../../spec/token-bucket.ts';
import type { PolicyChecks } from './checks.ts';
import { Recent } from './recent.ts';
import { Unheard } from './unheard.ts';

/** Something that a bot did and its policy doesn't admit; named as a bot that reports it would. */
export interface Breach {
  readonly rule: string;
  readonly subject: string;
}

/**
 * A bot decides when it sends, and publishes when it has sent: what happens in between must not be held against it.
 * A minute is counted short by this, and a token bucket holds what it would gain in this.
 */
const SENDING_MS = 5_000;
/** Messages of which the bot may not know yet that somebody has spoken in between. */
const UNDER_WAY = 1;

/** More messages in a row than it may send. */
export const CONSECUTIVE: Breach = { rule: 'turns.maxConsecutive', subject: 'maxConsecutive' };

const MAX_CHARS = 'turns.maxChars';
const PHRASES = 'content.blockedPhrases';

export function isOfWords({ rule }: Breach): boolean {
  return rule === MAX_CHARS || rule === PHRASES;
}

/** What a bot's tool is called that puts messages into the room. */
const MESSAGE_TOOL = 'message.send';

type Payload<T extends keyof TopicPayloads> = TopicPayloads[T];

/** Counts again, from what one run's bot says that it did, what its policy limits. Generous where clocks and ways differ. */
export class Recount {
  readonly #runId: string;
  #checks: PolicyChecks;
  readonly #buckets = new Map<string, TokenBucket>();
  #sent = 0;
  #consecutive = 0;
  readonly #unheard = new Unheard();
  /** When the messages of the last minute were sent. */
  #recent = new Recent();
  /** It was let use the tool for a message that isn't sent yet: its policy may change meanwhile. */
  #underWay = false;

  constructor(runId: string, checks: PolicyChecks) {
    this.#runId = runId;
    this.#checks = checks;
  }

  /** From here on the bot keeps to another policy. */
  load(checks: PolicyChecks): void {
    this.#checks = checks;
    const kept = new Set(checks.rates.map(keyOf));
    for (const key of this.#buckets.keys()) if (!kept.has(key)) this.#buckets.delete(key);
  }

  /** Nobody knows how much time has passed: what is limited by time begins anew. */
  forgetTimes(): void {
    this.#buckets.clear();
    this.#recent = new Recent();
  }

  /** Somebody else has spoken, and the bot says so. */
  heard(): void {
    this.#consecutive = 0;
  }

  /** Somebody else has spoken, and the bot is told: what it sends may be from before it hears, or from after. */
  told(at: number): void {
    this.#unheard.said(at);
  }

  /** Whether acts of this topic are limited at all. */
  cares(topic: string): boolean {
    return (
      topic === 'room.message.sent' || topic === 'assistant.tool.invoked' || this.#checks.ratesOf(topic).length > 0
    );
  }

  /** What the act broke. `at` in milliseconds, never going back. */
  act(topic: string, payload: unknown, at: number): Breach[] {
    if (topic === 'assistant.tool.invoked') {
      const { tool, allowed } = payload as Payload<'assistant.tool.invoked'>;
      // It was kept from using it: nothing has happened.
      if (!allowed) return [];
      const broken = this.#tool(tool);
      if (tool === MESSAGE_TOOL) this.#underWay = broken.length === 0;
      return [...broken, ...this.#rates(topic, at)];
    }
    const rates = this.#rates(topic, at);
    if (topic !== 'room.message.sent') return rates;
    const { text } = payload as Payload<'room.message.sent'>;
    const admitted = this.#underWay;
    this.#underWay = false;
    return [...(admitted ? [] : this.#tool(MESSAGE_TOOL)), ...this.#turns(at), ...rates, ...this.words(text)];
  }

  /** What a message of these words breaks by them, whenever it is sent. */
  words(text: string): Breach[] {
    const { maxChars } = this.#checks.turns;
    const phrases = this.#checks.phrasesIn(text, this.#runId).map((subject) => ({ rule: PHRASES, subject }));
    if (maxChars === undefined || codePointLength(text) <= maxChars) return phrases;
    return [{ rule: MAX_CHARS, subject: 'maxChars' }, ...phrases];
  }

  #tool(tool: string): Breach[] {
    return this.#checks.admits(tool) ? [] : [{ rule: 'tools.deny', subject: tool }];
  }

  #turns(at: number): Breach[] {
    const { maxPerSession, maxPerMinute, maxConsecutive } = this.#checks.turns;
    this.#sent++;
    if (this.#unheard.heardBy(at)) this.#consecutive = 0;
    this.#consecutive++;
    const broken: Breach[] = [];
    const breaks = (subject: string) => broken.push({ rule: `turns.${subject}`, subject });
    if (maxPerSession !== undefined && this.#sent > maxPerSession) breaks('maxPerSession');
    if (maxConsecutive !== undefined && this.#tooMany(maxConsecutive)) broken.push(CONSECUTIVE);
    if (maxPerMinute !== undefined) {
      // A minute is counted short, and one that is shorter than that isn't counted.
      const minute = Math.max(0, this.#checks.minuteMs - SENDING_MS);
      const lately = this.#recent.add(at, minute, maxPerMinute + 1);
      if (minute > 0 && lately > maxPerMinute) breaks('maxPerMinute');
    }
    return broken;
  }

  /** As far as it can't have heard of anybody in between. */
  #tooMany(maxConsecutive: number): boolean {
    if (maxConsecutive === 0) return true;
    if (this.#consecutive <= maxConsecutive + UNDER_WAY) return false;
    if (!this.#unheard.suppose()) return true;
    // So many more it may have sent since: what is under way is so once, however often it hears of somebody.
    this.#consecutive -= maxConsecutive;
    return false;
  }

  #rates(topic: string, at: number): Breach[] {
    return this.#checks
      .ratesOf(topic)
      .filter((rate) => !this.#bucket(rate, at).take(at))
      .map(({ id }) => ({ rule: 'rates', subject: id }));
  }

  /** One rate, one bucket: where its limits change, it begins anew, and full. */
  #bucket(rate: Rate, at: number): TokenBucket {
    const { limit, per } = rate;
    const key = keyOf(rate);
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const gained = per === 0 ? limit : (limit * SENDING_MS) / per;
    const bucket = new TokenBucket(limit, per, at, limit === 0 ? 0 : Math.max(1, gained));
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

function keyOf({ id, topic, limit, per }: Rate): string {
  return `${id} ${topic} ${limit} ${per}`;
}
