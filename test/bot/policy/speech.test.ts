import { expect, test } from 'vitest';
import { Guard } from '../../../bot/policy/guard.ts';
import { Speech } from '../../../bot/policy/speech.ts';
import { ConnectorError } from '../../../bot/rooms/port.ts';
import { Timeline } from '../../../bot/rooms/room-clock.ts';
import type { ConversationPolicy } from '../../../spec/policy.ts';
import { SPEC_VERSION, testBus } from '../../helpers/test-bus.ts';

function speaking(policy: ConversationPolicy, send = (_: string) => Promise.resolve({ messageId: 'm' })) {
  const parts = testBus();
  const { bus, clock } = parts;
  const guard = new Guard({
    snapshot: { policyVersion: SPEC_VERSION, layers: [], policy },
    runId: 'run',
    clock,
    onViolation: (violation) => bus.publish('conversation.policy.violation', violation),
  });
  const said: string[] = [];
  const room = { clock: new Timeline(clock, 1, () => {}), send };
  const speech = new Speech({ bus, clock, guard, room, participantId: 'bot', say: (line) => said.push(line) });
  return { ...parts, guard, speech, said };
}

/** A room that takes each message when the test says so. */
function slowRoom() {
  const taken: { text: string; arrive: () => void; fail: () => void }[] = [];
  const send = (text: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ messageId: string }>();
    taken.push({ text, arrive: () => resolve({ messageId: text }), fail: () => reject(new Error('lost')) });
    return promise;
  };
  return { taken, send };
}

test('P19: a message is a tool used, then a message sent', async () => {
  const { speech, envelopes } = speaking({});
  expect(await speech.send('hello')).toBe(true);
  expect(envelopes.map(({ topic, payload }) => [topic, payload])).toEqual([
    ['assistant.tool.invoked', { tool: 'message.send', allowed: true }],
    ['room.message.sent', { messageId: 'm', participantId: 'bot', text: 'hello', at: 0 }],
  ]);
});

test.each<[string, ConversationPolicy, string]>([
  ['denied', { tools: { deny: ['**'] } }, 'tools.deny'],
  ['used too often', { rates: [{ id: 'r', topic: 'assistant.tool.*', limit: 0, per: 1 }] }, 'rates'],
])('P19: a tool that is %s is not used', async (_, policy, rule) => {
  const { speech, payloads, topics } = speaking(policy, () => expect.unreachable());
  expect(await speech.send('hello')).toBe(false);
  expect(payloads('assistant.tool.invoked')).toEqual([{ tool: 'message.send', allowed: false }]);
  expect(topics()).toEqual(['assistant.tool.invoked', 'conversation.policy.violation']);
  expect(payloads('conversation.policy.violation')).toMatchObject([{ rule }]);
});

test('P19: a message that is blocked stays here', async () => {
  const { speech, topics } = speaking({ turns: { maxChars: 1 } }, () => expect.unreachable());
  expect(await speech.send('hello')).toBe(false);
  expect(topics()).toEqual(['assistant.tool.invoked', 'conversation.policy.violation']);
});

test('a room that takes no message costs nothing but the message', async () => {
  const lost = () => Promise.reject(new ConnectorError('closed', true));
  const { speech, topics, said } = speaking({ turns: { maxPerSession: 1 } }, lost);
  expect([await speech.send('hello'), await speech.send('again')]).toEqual([false, false]);
  expect(topics()).toEqual(['assistant.tool.invoked', 'assistant.tool.invoked']);
  expect(said).toEqual(['message not sent: closed', 'message not sent: closed']);
});

test('of a message that came into the room in part, that part is told, and counts', async () => {
  const send = () => Promise.resolve({ messageId: 'm', text: 'hel' });
  const { speech, payloads } = speaking({ turns: { maxPerSession: 1 } }, send);
  expect([await speech.send('hello'), await speech.send('again')]).toEqual([true, false]);
  expect(payloads('room.message.sent')).toEqual([{ messageId: 'm', participantId: 'bot', text: 'hel', at: 0 }]);
});

test('P19: one message at a time, in order, each judged when its turn comes', async () => {
  const { taken, send } = slowRoom();
  const { speech, clock, guard, payloads } = speaking({ turns: { maxConsecutive: 1 } }, send);
  const sent = ['a', 'b', 'c'].map((text) => speech.send(text));
  await clock.pass(0);
  expect(taken.map(({ text }) => text)).toEqual(['a']);
  // Told of before the message is, so that it doesn't come after it.
  guard.heard();
  taken[0]?.arrive();
  expect(await Promise.all(sent)).toEqual([true, false, false]);
  expect(payloads('room.message.sent').map(({ text }) => text)).toEqual(['a']);
  guard.heard();
  const last = speech.send('d');
  await clock.pass(0);
  taken[1]?.arrive();
  expect(await last).toBe(true);
});

test('so many may wait; the others are not sent, which is told once, and counted when it is over', async () => {
  const { taken, send } = slowRoom();
  const { speech, clock, said, payloads } = speaking({}, send);
  const sent = Array.from({ length: 70 }, (_, i) => speech.send(String(i)));
  expect(said).toEqual(['messages not sent: expected at most 64 to wait']);
  for (let i = 0; i < 65; i++) {
    await clock.pass(0);
    taken[i]?.arrive();
  }
  expect((await Promise.all(sent)).map(String)).toEqual([...Array(65).fill('true'), ...Array(5).fill('false')]);
  expect(payloads('room.message.sent').map(({ text }) => text)).toEqual(
    Array.from({ length: 65 }, (_, i) => String(i)),
  );
  expect(said).toEqual(['messages not sent: expected at most 64 to wait', '5 messages not sent: too many at once']);
});

test('what comes between waits for the message on its way, and no other overtakes it', async () => {
  const { taken, send } = slowRoom();
  const { speech, clock, topics, bus } = speaking({}, send);
  const between = (layer: string) => () =>
    void bus.publish('conversation.policy.loaded', { policyVersion: SPEC_VERSION, layers: [layer] });
  void speech.send('a');
  void speech.send('b');
  speech.between(() => expect.unreachable());
  speech.between(between('newest'));
  await clock.pass(999);
  expect(topics()).toEqual(['assistant.tool.invoked']);
  taken[0]?.arrive();
  await clock.pass(0);
  const rest = ['conversation.policy.loaded', 'assistant.tool.invoked'];
  expect(topics()).toEqual(['assistant.tool.invoked', 'room.message.sent', ...rest]);
  taken[1]?.fail();
  await clock.pass(0);
  speech.between(between('at once'));
  expect(topics().at(-1)).toBe('conversation.policy.loaded');
  expect(clock.waiting).toBe(0);
});

test('… but not for one that does not arrive', async () => {
  const { taken, send } = slowRoom();
  const { speech, clock, guard, topics, payloads } = speaking({}, send);
  const policyVersion = `sha256:${'1'.repeat(64)}`;
  void speech.send('too long');
  let acted = 0;
  speech.between(() => {
    acted++;
    guard.renew({ policyVersion, layers: [], policy: { turns: { maxChars: 1 } } });
  });
  await clock.pass(1_000);
  expect(acted).toBe(1);
  taken[0]?.arrive();
  await clock.pass(0);
  expect(acted).toBe(1);
  expect(topics()).toEqual(['assistant.tool.invoked', 'conversation.policy.violation', 'room.message.sent']);
  expect(payloads('conversation.policy.violation')).toMatchObject([{ rule: 'turns.maxChars', action: 'allowed' }]);
});

test('once stopped it sends nothing more but what is on its way, and what was to come between comes', async () => {
  const { taken, send } = slowRoom();
  const { speech, clock } = speaking({}, send);
  const sent = [speech.send('a'), speech.send('b')];
  let acted = 0;
  speech.between(() => void acted++);
  speech.stop();
  speech.stop();
  expect(acted).toBe(1);
  taken[0]?.arrive();
  expect(await Promise.all([...sent, speech.send('c')])).toEqual([true, false, false]);
  expect([taken.length, clock.waiting]).toEqual([1, 0]);
});
