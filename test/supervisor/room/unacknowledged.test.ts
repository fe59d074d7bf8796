import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import { assertNoGaps, runDaemon, testBot } from '../../helpers/daemon.ts';

it('what a bot leaves behind is taken in before its exit is told, once, and moves nobody', async () => {
  const roomd = await runDaemon({ bots: { leaver: { command: testBot('leaver') } } });
  await roomd.spawn('left', { bot: 'leaver', options: { code: 78 } });
  const over = await roomd.over('left');
  // Its late failure to join is history by now.
  expect(over).toMatchObject({ state: 'failed', stop: { reason: 'refused' } });
  const events = await roomd.history('left');
  assertNoGaps(events);
  const bots = events.filter(({ envelope }) => envelope.runtime === 'bot').map(({ envelope }) => envelope);
  const labels = bots.map(
    ({ topic, payload }) => (payload as Partial<TopicPayloads['room.participant.joined']>).participantId ?? topic,
  );
  expect(labels).toEqual([
    'assistant.room.join.requested',
    'assistant.room.join.succeeded',
    'both',
    'written after',
    'assistant.room.join.requested',
    'assistant.room.join.failed',
    'conversation.policy.violation',
    'late',
  ]);
  expect(events.map(({ envelope }) => envelope.topic)).not.toContain('events.envelope.rejected');
  const states = events.flatMap(({ envelope: { topic, payload } }) =>
    topic === 'supervisor.room.state.changed'
      ? (payload as TopicPayloads['supervisor.room.state.changed']).to
      : topic === 'supervisor.bot.exited'
        ? 'exited'
        : [],
  );
  expect(states).toEqual(['starting', 'joining', 'live', 'exited', 'failed']);
  expect(events.findIndex(({ envelope }) => envelope.topic === 'supervisor.bot.exited')).toBe(events.length - 2);
  expect(await readdir(join(roomd.data, 'runs'))).toEqual([]);
  expect(await roomd.metric('roomd_events_taken_in_total')).toBe(4);
});
