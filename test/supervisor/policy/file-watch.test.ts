import { describe, expect, it } from 'vitest';
import { FileWatch } from '../../../supervisor/policy/file-watch.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

/** Files whose looks and contents are what a test says, read after read. */
function watched(looks: readonly string[], contents: readonly string[], changedAt: (now: number) => number) {
  const clock = new FakeClock();
  const told: string[] = [];
  const left = { looks: [...looks], contents: [...contents] };
  const files = {
    fingerprint: async () => ({ text: left.looks.shift() ?? '', changedAt: changedAt(clock.now()) }),
    read: async () => ({ layers: [], digest: left.contents.shift() ?? '' }),
  };
  const watch = new FileWatch(files, clock, {
    onChange: () => told.push('change'),
    onSound: () => {},
    onFault: () => told.push('fault'),
  });
  return { watch, told, left };
}

describe('a look at files', () => {
  it('reads them again while they are so young that a change may not show', async () => {
    const { watch, told } = watched(['1', '1', '1', '1'], ['a', 'b'], (now) => now - 1_999);
    await watch.look();
    await watch.look();
    expect(told).toEqual(['change', 'change']);
  });

  it('does not read them again when they look as before', async () => {
    const { watch, told, left } = watched(['1', '1', '1', '2', '2'], ['a', 'b'], (now) => now - 2_001);
    await watch.look();
    await watch.look();
    expect([told, left.contents]).toEqual([['change'], ['b']]);
    await watch.look();
    expect([told, left.contents]).toEqual([['change', 'change'], []]);
  });

  it('takes nothing while somebody is writing', async () => {
    const { watch, told } = watched(['1', '2', '2', '2'], ['half', 'whole'], () => 0);
    await watch.look();
    expect(told).toEqual([]);
    await watch.look();
    expect(told).toEqual(['change']);
  });

  it('tells a change when rooms were given something else meanwhile, though all is as it was', async () => {
    const { watch, told, left } = watched(Array(6).fill('1'), ['a', 'a'], () => 0);
    await watch.look();
    watch.served('a');
    await watch.look();
    expect([told, left.contents]).toEqual([['change'], ['a']]);
    watch.served('b');
    await watch.look();
    await watch.look();
    expect([told, left.contents]).toEqual([['change', 'change'], []]);
  });

  it('is one at a time', async () => {
    const { watch, left } = watched(['1', '1'], ['a'], () => 0);
    await Promise.all([watch.look(), watch.look()]);
    expect(left).toEqual({ looks: [], contents: [] });
  });
});
