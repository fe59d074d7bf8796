import { Guard } from '../../../../bot/policy/guard.ts';
import type { TopicId, TopicPayloads } from '../../../../spec/generated/topics.ts';
import type { ConversationPolicy } from '../../../../spec/policy.ts';
import { FakeClock } from '../../../helpers/fake-clock.ts';
import type { JudgedLife } from './judging.ts';
import { versionOf } from './judging.ts';

/** Something that an honest bot lives through. Times in milliseconds. */
export type Moment =
  /** It would say that, and the room takes so long to take it; others may speak meanwhile. */
  | {
      readonly kind: 'say';
      readonly text: string;
      readonly latency: number;
      readonly overlapped: boolean /** What it keeps to from the middle of that on. */;
      readonly renewed?: ConversationPolicy | undefined;
    }
  | { readonly kind: 'use'; readonly tool: string }
  | { readonly kind: 'heard' }
  /** Somebody writes in a room that the supervisor serves; the bot is told so late. */
  | { readonly kind: 'told'; readonly lag: number }
  | { readonly kind: 'renew'; readonly policy: ConversationPolicy }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Somebody sets the clocks of the machine back. */
  | { readonly kind: 'set_back'; readonly ms: number };

interface Published {
  readonly ts: number;
  /** By a clock that nobody sets. */
  readonly at: number;
  readonly topic: TopicId;
  readonly payload: TopicPayloads[TopicId];
  /** Not by the bot. */
  readonly brought?: true;
}

/** What a bot with roomd's own guard publishes in such a life. */
export function live(policy: ConversationPolicy, life: readonly Moment[]): Published[] {
  const clock = new FakeClock();
  const published: Published[] = [];
  const publish = <T extends TopicId>(topic: T, payload: TopicPayloads[T]) =>
    published.push({ ts: clock.now(), at: clock.monotonic(), topic, payload });
  const snapshotOf = (of: ConversationPolicy) => ({ policyVersion: versionOf(of), layers: [], policy: of });
  const guard = new Guard({
    snapshot: snapshotOf(policy),
    runId: 'run',
    clock,
    onViolation: (violation) => publish('conversation.policy.violation', violation),
  });
  const use = (tool: string): boolean => {
    const broken = guard.use(tool);
    publish('assistant.tool.invoked', { tool, allowed: broken.length === 0 });
    guard.report(broken);
    return broken.length === 0;
  };
  const heard = () => {
    publish('room.transcript.received', { participantId: 'ada', text: 'so', at: 0, endAt: 0, final: true });
    guard.heard();
  };
  const told = (lag: number) => {
    const payload = { messageId: 'm', participantId: 'ada', text: 'so', at: 0 };
    const [ts, at] = [clock.now(), clock.monotonic()];
    published.push({ ts, at, topic: 'room.message.received', payload, brought: true });
    clock.after(lag, () => guard.heard());
  };
  const say = (text: string, latency: number, overlapped: boolean, renewed?: ConversationPolicy) => {
    if (!use('message.send')) return;
    const judgedBy = guard.policyVersion;
    if (guard.message(text) === 'blocked') return;
    clock.advance(latency / 2);
    if (overlapped) heard();
    if (renewed !== undefined) renew(renewed);
    clock.advance(latency / 2);
    guard.sent(text, judgedBy);
    publish('room.message.sent', { messageId: 'm', participantId: 'bot', text, at: 0 });
  };
  const renew = (to: ConversationPolicy) => {
    const policyVersion = versionOf(to);
    publish('supervisor.policy.applied', { policyVersion, cause: 'reloaded', layers: [], enforcement: [] });
    guard.renew(snapshotOf(to));
    publish('conversation.policy.loaded', { policyVersion, layers: [] });
  };
  const setBack = (ms: number) => {
    const heartbeat = { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 };
    publish('bot.health.heartbeat', heartbeat);
    // Nobody sees this pass.
    clock.advance(10_000);
    clock.wall -= ms;
    publish('bot.health.heartbeat', heartbeat);
  };
  publish('conversation.policy.loaded', { policyVersion: versionOf(policy), layers: [] });
  for (const moment of life) {
    if (moment.kind === 'say') say(moment.text, moment.latency, moment.overlapped, moment.renewed);
    else if (moment.kind === 'use') use(moment.tool);
    else if (moment.kind === 'heard') heard();
    else if (moment.kind === 'told') told(moment.lag);
    else if (moment.kind === 'wait') clock.advance(moment.ms);
    else if (moment.kind === 'set_back') setBack(moment.ms);
    else renew(moment.policy);
  }
  guard.flush();
  return published;
}

/**
 * Lets the judge see it: each event comes in so late as its delay says, in milliseconds, but none of the bot's before
 * another of them. What others bring is there at once.
 */
export function deliver(published: readonly Published[], delays: readonly number[], judged: JudgedLife): void {
  let real = 0;
  const arriving = published.map((event, i) => {
    if (event.brought) return { ...event, real: event.at };
    real = Math.max(real, event.at + (delays[i % delays.length] ?? 0));
    return { ...event, real };
  });
  const arrived = arriving.sort((a, b) => a.real - b.real);
  for (const [i, { ts, at, topic, payload, brought, real }] of arrived.entries()) {
    judged.see(topic, payload, { ts, receivedAt: real + ts - at }, brought && 'gateway');
    // Whatever was written by the time that is asked about is here: the next was written at that time.
    const next = arrived.slice(i + 1).find((event) => !event.brought)?.at ?? at + 60_000;
    judged.overdue(next + ts - at);
  }
}
