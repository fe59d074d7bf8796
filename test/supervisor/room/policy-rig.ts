import type { Envelope } from '../../../spec/envelope.ts';
import type { TopicId } from '../../../spec/generated/topics.ts';
import type { ConfigInput } from '../../../supervisor/config-schema.ts';
import { type Client, type Event, testBot } from '../../helpers/daemon.ts';

/** The bots that the tests of policies run, and restarts that don't keep a test waiting. */
export const CONFIG = {
  bots: { puppet: { command: testBot('puppet') } },
  rooms: { restart: { attempts: 5, window: '10m', backoff: { base: '1ms', max: '2ms' } } },
} satisfies ConfigInput;

/** What a puppet does, in order; see test/bots/puppet.mjs. */
export type Acts = readonly (readonly unknown[])[];

export const rung = (severity: string, action: string, more: object = {}) => ({
  severity,
  count: 1,
  within: '10m',
  action,
  ...more,
});

/** A room whose bot does that, silently. */
export const puppet = (policy: object, acts: Acts = [], options: object = {}) => ({
  bot: 'puppet',
  policy,
  options: { ...options, acts },
});

export const order = (roomd: Client, roomId: string, ...acts: Acts) =>
  roomd.post(`/v1/rooms/${roomId}/commands`, { type: 'app_message', text: JSON.stringify(acts) });

export function of<T extends TopicId>(events: readonly Event[], topic: T): Envelope<T>[] {
  return events.map(({ envelope }) => envelope).filter((envelope) => envelope.topic === topic) as Envelope<T>[];
}

/** Resolves when the room is live in this attempt. */
export const live = (roomd: Client, roomId: string, attempt = 1) =>
  roomd.until(
    roomId,
    'supervisor.room.state.changed',
    ({ payload, meta }) => payload.to === 'live' && meta?.attempt === attempt,
  );

/** What the supervisor says that the bot kept silent about. */
export const isUnreported = ({ payload }: Envelope<'conversation.policy.violation'>) => payload.rule === 'unreported';
