import { describe, expect, it } from 'vitest';
import { Pulse } from '../../../../supervisor/room/warm/pulse.ts';
import { FakeClock } from '../../../helpers/fake-clock.ts';

function watch() {
  const clock = new FakeClock();
  let silences = 0;
  const pulse = new Pulse(clock, 1_000, () => silences++);
  return { clock, pulse, silences: () => silences };
}

describe('Pulse', () => {
  it('tells of silence once, when it has looked twice', () => {
    const { clock, pulse, silences } = watch();
    pulse.beat();
    clock.advance(1_099);
    expect(silences()).toBe(0);
    clock.advance(1);
    expect(silences()).toBe(1);
    clock.advance(10_000);
    expect(silences()).toBe(1);
  });

  it('counts from the last word', () => {
    const { clock, pulse, silences } = watch();
    clock.advance(900);
    pulse.beat();
    expect(pulse.silentFor(clock.monotonic() + 5)).toBe(5);
    clock.advance(1_099);
    expect(silences()).toBe(0);
    clock.advance(1);
    expect(silences()).toBe(1);
  });

  it('takes nobody for dead whose words were only not read in time', () => {
    const { clock, pulse, silences } = watch();
    clock.advance(1_000);
    // What lay in the pipe while the supervisor was held up.
    pulse.beat();
    clock.advance(1_099);
    expect(silences()).toBe(0);
    clock.advance(1_000);
    expect(silences()).toBe(1);
  });

  it('tells nothing after it was stopped, not even between its two looks', () => {
    const { clock, pulse, silences } = watch();
    clock.advance(1_050);
    pulse.stop();
    clock.advance(10_000);
    expect([silences(), clock.waiting]).toEqual([0, 0]);
  });
});
