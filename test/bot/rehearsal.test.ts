import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createIds } from '../../bot/ids.ts';
import { rehearse } from '../../bot/rehearsal.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

test('a rehearsal goes through a whole stay and leaves nothing: no timer, no listener, no file, no id twice', async () => {
  const clock = new FakeClock();
  const ids: string[] = [];
  const make = createIds(() => clock.now());
  const newId = () => {
    const id = make();
    ids.push(id);
    return id;
  };
  const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
  const before = listeners();
  // The session and its five events, two messages and the two of each.
  for (const count of [12, 24]) {
    expect(await rehearse({ clock, newId })).toBe(0);
    expect(ids).toHaveLength(count);
  }
  expect(clock.waiting).toBe(0);
  expect(listeners()).toEqual(before);
  expect(existsSync('rehearsal')).toBe(false);
  expect(new Set(ids).size).toBe(ids.length);
});
