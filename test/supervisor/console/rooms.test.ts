import { describe, expect, it } from 'vitest';
import { type ListedRoom, Rates, type RoomView, sorted } from '../../../supervisor/console/rooms.ts';
import { Rate } from '../../../supervisor/console/worker/pulse.ts';
import { Summaries } from '../../../supervisor/console/worker/summary.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const room = (roomId: string, events: number, more: Partial<ListedRoom> = {}) =>
  ({
    roomId,
    runId: `run-${roomId}`,
    counts: { events, violations: 0, rejected: 0, dropped: 0 },
    ...more,
  }) as ListedRoom;

describe("rooms' events a second", () => {
  it('are what came between two looks', () => {
    const rates = new Rates();
    const look = (rooms: RoomView[], at: number) => rates.look(rooms, at).map(({ rate }) => rate);
    expect(look([room('a', 10)], 1_000)).toEqual([null]);
    expect(look([room('a', 25), room('b', 3)], 4_000)).toEqual([5, null]);
    expect(look([room('a', 25), room('b', 3)], 4_000)).toEqual([5, null]);
    expect(look([room('a', 1, { runId: 'another' }), room('b', 3)], 5_000)).toEqual([null, 0]);
  });

  it('of the worker are those of the last ten', () => {
    const clock = new FakeClock();
    const rate = new Rate(clock);
    for (let second = 0; second < 5; second++) {
      for (let i = 0; i < 20; i++) rate.add();
      clock.advance(1_000);
    }
    expect(rate.perSecond).toBe(10);
    clock.advance(7_000);
    expect(rate.perSecond).toBe(4);
    clock.advance(60_000);
    expect(rate.perSecond).toBe(0);
  });
});

it('rooms are sorted by numbers as numbers, and equal ones by their names', () => {
  const rooms = [room('room-10', 0, { rate: 9 }), room('room-9', 0, { rate: 10 }), room('a', 0, { rate: 9 })];
  const ids = (key: 'rate' | 'roomId', descending: boolean) =>
    sorted(rooms, { key, descending }).map(({ roomId }) => roomId);
  expect(ids('rate', true)).toEqual(['room-9', 'a', 'room-10']);
  expect(ids('roomId', false)).toEqual(['a', 'room-9', 'room-10']);
});

describe('an event in a line', () => {
  const envelope = (topic: string, payload: unknown) =>
    ({ id: '1', ts: 5, topic, roomId: 'r', payload, meta: { receivedAt: 7 } }) as never;

  it('calls people by their names, has a tone, and fears no payload', () => {
    const summaries = new Summaries();
    summaries.row('e.1', envelope('room.participant.joined', { participantId: 'p-1', name: 'Ada', isBot: false }));
    const said = { messageId: 'm', participantId: 'p-1', text: 'hello\u202e', at: 0 };
    expect(summaries.row('e.2', envelope('room.message.received', said))).toEqual({
      position: 'e.2',
      ts: 7,
      topic: 'room.message.received',
      roomId: 'r',
      summary: 'Ada: hello ',
      tone: 'plain',
    });
    const failed = { from: 'live', to: 'failed', cause: 'crash_loop' };
    expect(summaries.row('e.3', envelope('supervisor.room.state.changed', failed)).tone).toBe('bad');
    expect(summaries.row('e.4', envelope('room.message.received', {})).summary).toBeTypeOf('string');
    expect(summaries.row('e.5', envelope('acme.own.topic', { a: 'x'.repeat(1_000) })).summary.length).toBe(401);
    summaries.reset();
    expect(summaries.row('e.6', envelope('room.message.received', said)).summary).toBe('p-1: hello ');
  });
});
