import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { RoomLimits } from '../../../supervisor/room/limits.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const event = (topic: string, payload: object = {}) => ({ topic, payload }) as unknown as Envelope;
const joined = (participantId: string, isBot = false) => event('room.participant.joined', { participantId, isBot });
const left = (participantId: string) => event('room.participant.left', { participantId, isBot: false });

function setUp(lastedMs = 0, maxDuration = 10_000) {
  const clock = new FakeClock();
  // So long after, it is looked at once more.
  const again = 100;
  const reasons: string[] = [];
  const config = { idleTimeout: 100, maxDuration, memory: 1 };
  const limits = new RoomLimits(clock, config, (reason) => reasons.push(reason), lastedMs);
  return { clock, again, limits, reasons };
}

describe('a room is idle', () => {
  it('when nothing but heartbeats comes', () => {
    const { clock, again, limits, reasons } = setUp();
    clock.advance(60);
    limits.onEvent(event('room.message.received'));
    clock.advance(60);
    limits.onEvent(event('bot.health.heartbeat'));
    clock.advance(39 + again);
    expect(reasons).toEqual([]);
    clock.advance(1);
    expect(reasons).toEqual(['idle']);
  });

  it('not while people are there, though they say nothing; so long after the last has left', () => {
    const { clock, again, limits, reasons } = setUp();
    limits.onEvent(joined('ada'));
    limits.onEvent(joined('ada'));
    limits.onEvent(joined('bob'));
    clock.advance(5_000);
    limits.onEvent(left('ada'));
    clock.advance(1_000);
    expect(reasons).toEqual([]);
    limits.onEvent(left('bob'));
    clock.advance(99 + again);
    expect(reasons).toEqual([]);
    clock.advance(1);
    expect(reasons).toEqual(['idle']);
  });

  it('not while those are there of whom the room itself tells, whatever becomes of its bot', () => {
    const { clock, again, limits, reasons } = setUp();
    limits.onEvent(joined('told'));
    limits.onEvent(joined('brought'), 'brought');
    limits.present(['kept']);
    limits.onRestart();
    limits.onEvent(left('brought'), 'brought');
    clock.advance(5_000);
    expect(reasons).toEqual([]);
    limits.onEvent(left('kept'), 'brought');
    clock.advance(100 + again);
    expect(reasons).toEqual(['idle']);
  });

  it('with bots alone', () => {
    const { clock, again, limits, reasons } = setUp();
    limits.onEvent(joined('robot', true));
    clock.advance(100 + again);
    expect(reasons).toEqual(['idle']);
  });

  it('not while its pipe is not read, whoever comes and goes meanwhile', () => {
    const { clock, again, limits, reasons } = setUp();
    limits.onPressure(true);
    limits.onEvent(joined('ada'));
    limits.onEvent(left('ada'));
    clock.advance(5_000);
    expect(reasons).toEqual([]);
    limits.onPressure(false);
    clock.advance(100 + again);
    expect(reasons).toEqual(['idle']);
  });

  it('after a restart until the new bot has said who is there', () => {
    const { clock, again, limits, reasons } = setUp();
    limits.onEvent(joined('ada'));
    limits.onRestart();
    clock.advance(100 + again);
    expect(reasons).toEqual(['idle']);
  });

  it('not when what came meanwhile was only not read yet', () => {
    const { clock, limits, reasons } = setUp();
    clock.advance(150);
    limits.onEvent(event('room.message.received'));
    clock.advance(199);
    expect(reasons).toEqual([]);
    clock.advance(1);
    expect(reasons).toEqual(['idle']);
  });

  it('nor when somebody is found there at that moment', () => {
    const { clock, again, limits, reasons } = setUp();
    clock.advance(150);
    limits.onEvent(joined('ada'));
    clock.advance(5_000);
    expect(reasons).toEqual([]);
    limits.onEvent(left('ada'));
    clock.advance(100 + again);
    expect(reasons).toEqual(['idle']);
  });
});

describe('the longest time a room may last', () => {
  it('counts from its beginning, also when it was brought back', () => {
    const { clock, limits, reasons } = setUp(9_900);
    limits.onEvent(joined('ada'));
    clock.advance(99);
    expect(reasons).toEqual([]);
    clock.advance(1);
    expect(reasons).toEqual(['max_duration']);
  });

  it.each([
    [50_000, 0],
    [-50_000, 10_000],
  ])('is neither negative nor longer than asked for after the clock was set: %i', (lastedMs, left) => {
    const { clock, limits, reasons } = setUp(lastedMs);
    limits.onEvent(joined('ada'));
    clock.advance(Math.max(0, left - 1));
    expect(reasons).toEqual(left === 0 ? ['max_duration'] : []);
    clock.advance(1);
    expect(reasons).toEqual(['max_duration']);
  });
});
