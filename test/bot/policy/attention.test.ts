import { expect, test } from 'vitest';
import { Attention } from '../../../bot/policy/attention.ts';
import type { ConversationPolicy } from '../../../spec/policy.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function setUp(policy: ConversationPolicy['attention']) {
  const clock = new FakeClock();
  const now = { policy, room: 0 };
  const attention = new Attention({ policy: () => now.policy, clock, room: { now: () => now.room } });
  const answered: string[] = [];
  const ask = (name: string) => attention.answer(() => answered.push(name));
  return { attention, clock, now, answered, ask };
}

test.each([undefined, {}, { cooldown: 0 }])('P22: without a pause (%j) it acts and answers as it likes', (policy) => {
  const { attention, answered, ask } = setUp(policy);
  expect([attention.take(), attention.take()]).toEqual([true, true]);
  ask('a');
  ask('b');
  expect([answered, attention.take()]).toEqual([['a', 'b'], true]);
});

test('A3: at most one act of its own accord in the pause, in the time by which the policy is kept', () => {
  const { attention, clock } = setUp({ cooldown: 60_000 });
  expect([attention.take(), attention.take()]).toEqual([true, false]);
  clock.advance(59_999);
  expect(attention.take()).toBe(false);
  clock.advance(1);
  expect([attention.take(), attention.take()]).toEqual([true, false]);
});

test('the pause is that of the policy of the moment', () => {
  const { attention, clock, now } = setUp({});
  attention.take();
  clock.advance(1_000);
  now.policy = { cooldown: 5_000 };
  expect(attention.take()).toBe(false);
  now.policy = { cooldown: 1_000 };
  expect(attention.take()).toBe(true);
});

test('A3: where mentions bypass it, an answer neither waits for the pause nor begins one', () => {
  const { attention, answered, ask } = setUp({ cooldown: 60_000, mentionsBypassCooldown: true });
  ask('a');
  expect(attention.take()).toBe(true);
  ask('b');
  ask('c');
  expect([answered, attention.take()]).toEqual([['a', 'b', 'c'], false]);
});

test.each([{ cooldown: 60_000 }, { cooldown: 60_000, mentionsBypassCooldown: false }])(
  'A3: otherwise (%j) answers keep the pause; of those that wait the newest is given, and before anything else',
  (policy) => {
    const { attention, clock, answered, ask } = setUp(policy);
    for (const name of ['a', 'b', 'c']) ask(name);
    clock.advance(59_999);
    expect(answered).toEqual(['a']);
    clock.advance(1);
    expect(answered).toEqual(['a', 'c']);
    clock.advance(59_999);
    expect(attention.take()).toBe(false);
    clock.advance(1);
    expect(attention.take()).toBe(true);
    ask('d');
    clock.advance(59_999);
    expect(answered).toEqual(['a', 'c']);
    clock.advance(60_001);
    expect(answered).toEqual(['a', 'c', 'd']);
  },
);

test('whoever waits for an answer comes before what it would do of its own accord', () => {
  const { attention, clock, now, ask } = setUp({ cooldown: 60_000 });
  attention.take();
  ask('a');
  // It would be over, but somebody waits.
  now.policy = {};
  expect(attention.take()).toBe(false);
  clock.advance(60_000);
  expect(attention.take()).toBe(true);
});

test('a pause that has become longer meanwhile is kept', () => {
  const { clock, now, answered, ask } = setUp({ cooldown: 10_000 });
  ask('a');
  ask('b');
  now.policy = { cooldown: 30_000 };
  clock.advance(29_999);
  expect(answered).toEqual(['a']);
  clock.advance(1);
  expect(answered).toEqual(['a', 'b']);
});

test('after a warning it does nothing of its own accord for five minutes of room time, and answers', () => {
  const { attention, now, answered, ask } = setUp({});
  now.room = 10_000;
  attention.warned();
  now.room = 309_999;
  expect(attention.take()).toBe(false);
  ask('a');
  expect(answered).toEqual(['a']);
  now.room = 310_000;
  expect(attention.take()).toBe(true);
});

test('stopped, it neither acts nor answers, nor does a timer stay', () => {
  const { attention, clock, answered, ask } = setUp({ cooldown: 10_000 });
  for (const name of ['a', 'b']) ask(name);
  attention.stop();
  attention.stop();
  expect(clock.waiting).toBe(0);
  ask('c');
  clock.advance(20_000);
  expect([answered, attention.take()]).toEqual([['a'], false]);
});
