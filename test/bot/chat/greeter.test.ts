import { expect, test } from 'vitest';
import { Greeter } from '../../../bot/chat/greeter.ts';

function setUp() {
  const sent: string[] = [];
  const state = { now: 0, mayAct: true, asked: 0 };
  const greeter = new Greeter({
    monotonic: () => state.now,
    mayAct: () => {
      state.asked++;
      return state.mayAct;
    },
    send: (text) => sent.push(text.replace(/^Welcome, (\w+)! I am a bot: .*“@bot help”.*$/, '$1')),
  });
  return { greeter, sent, state };
}

test('each person once, and not who was there before', () => {
  const { greeter, sent, state } = setUp();
  greeter.knows('b');
  for (const id of ['a', 'a', 'b', 'c']) {
    greeter.joined(id, id);
    state.now += 30_000;
  }
  expect([sent, state.asked]).toEqual([['a', 'c'], 2]);
});

test('one greeting in 30 s; whoever missed it is greeted on coming again', () => {
  const { greeter, sent, state } = setUp();
  greeter.joined('a', 'a');
  greeter.joined('b', 'b');
  state.now = 29_999;
  greeter.joined('c', 'c');
  state.now = 30_000;
  greeter.joined('b', 'b');
  expect([sent, state.asked]).toEqual([['a', 'b'], 2]);
});

test('when it may not act, nobody is greeted, and the next may be', () => {
  const { greeter, sent, state } = setUp();
  state.mayAct = false;
  greeter.joined('a', 'a');
  state.mayAct = true;
  greeter.joined('b', 'b');
  expect(sent).toEqual(['b']);
});
