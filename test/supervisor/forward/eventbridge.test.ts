import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createDeadLetters } from '../../../supervisor/forward/dead-letters.ts';
import { openEventBridge } from '../../../supervisor/forward/eventbridge.ts';
import type { PutEventsInput } from '../../../supervisor/forward/port.ts';
import {
  clientOf,
  drips,
  type Fault,
  fails,
  loses,
  neverAnswers,
  refuses,
  resets,
  says,
  startStandIn,
  truncates,
} from './eventbridge-stand-in.ts';
import { balanced, NORMAL, passing, rig, until } from './rig.ts';

async function open(timeouts: { request?: number; whole?: number } = {}) {
  const standIn = await startStandIn();
  return { standIn, target: clientOf(standIn, timeouts) };
}

const INPUT: PutEventsInput = {
  Entries: ['{"id":"a"}', '{"id":"b"}'].map((Detail) => ({ Source: 'roomd', DetailType: 'a.b', Detail })),
};
const signal = new AbortController().signal;

const TAKEN: string[] = [];
const FAULTS: [string, Fault, string, string][] = [
  ['{}', says(200, {}), 'unavailable', 'InvalidResponse: expected 2 results, got none'],
  ['[]', says(200, []), 'unavailable', 'InvalidResponse: expected 2 results, got none'],
  ['nothing', says(200, ''), 'unavailable', 'InvalidResponse: expected 2 results, got none'],
  ['no results', says(200, { Entries: [] }), 'unavailable', 'InvalidResponse: expected 2 results, got 0'],
  [
    'too few results',
    says(200, { Entries: [{ EventId: 'x' }] }),
    'unavailable',
    'InvalidResponse: expected 2 results, got 1',
  ],
  ['HTML', says(200, '<html>sign in</html>'), 'unavailable', 'HTTP 200'],
  ['half a body', truncates, 'unavailable', 'ECONNRESET'],
  ['a reset', resets, 'unavailable', 'ECONNRESET'],
  ['a lost answer', loses(TAKEN), 'unavailable', 'ECONNRESET'],
  ['500', says(500, 'oops'), 'unavailable', 'HTTP 500'],
  ['503', refuses(503, 'ServiceUnavailable'), 'unavailable', 'ServiceUnavailable'],
  ['413', says(413, '<html>too large</html>'), 'refused', 'HTTP 413'],
  ['a refusal', refuses(400, 'ValidationException'), 'refused', 'ValidationException'],
  ['a denial', refuses(403, 'AccessDeniedException'), 'hold', 'AccessDeniedException'],
  ['expired credentials', refuses(400, 'ExpiredTokenException'), 'hold', 'ExpiredTokenException'],
];

describe('the EventBridge client', () => {
  it.each(FAULTS)('takes %s for what it is, and the next request goes through', async (_, fault, kind, reason) => {
    const { standIn, target } = await open();
    standIn.faults.push(fault);
    expect(await target.send(INPUT, signal)).toEqual([
      { kind, reason },
      { kind, reason },
    ]);
    const outcomes = await target.send(INPUT, signal);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['delivered', 'delivered']);
    // The client itself never sends twice: the forwarder decides about that.
    expect(standIn.requests).toHaveLength(2);
    await target.close();
  });

  it.each([
    ['no answer', neverAnswers, { request: 50 }, 'ETIMEDOUT'],
    ['an answer without end', drips, { whole: 300 }, 'TimeoutError'],
  ])('waits for %s no longer than its limit', async (_, fault, timeouts, reason) => {
    const { standIn, target } = await open(timeouts);
    standIn.faults.push(fault);
    expect(await target.send(INPUT, signal)).toEqual(Array(2).fill({ kind: 'unavailable', reason }));
    await target.close();
  });

  it('reads results by their index', async () => {
    const { standIn, target } = await open();
    standIn.faults.push(fails('ThrottlingException', standIn.taken, 0));
    expect(await target.send(INPUT, signal)).toEqual([
      { kind: 'transient', reason: 'ThrottlingException' },
      { kind: 'delivered', eventId: 'taken-1' },
    ]);
    await target.close();
  });

  it('holds without credentials, and does not give up', async () => {
    const { standIn } = await open();
    const target = openEventBridge({
      region: 'eu-central-1',
      bus: 'default',
      clock: systemClock,
      endpoint: standIn.endpoint,
      credentials: () => Promise.reject(Object.assign(new Error('none found'), { name: 'CredentialsProviderError' })),
    });
    expect(await target.send(INPUT, signal)).toEqual(
      Array(2).fill({ kind: 'hold', reason: 'CredentialsProviderError' }),
    );
    await target.close();
  });
});

describe('the forwarder in front of a misbehaving EventBridge', () => {
  it('delivers every event at least once, with the same id, and loses none', async () => {
    const { standIn, target } = await open({ request: 500 });
    const { taken } = standIn;
    standIn.faults.push(
      fails('ThrottlingException', taken, 0, 3, 9),
      loses(taken),
      says(200, {}),
      undefined,
      says(200, '<html>'),
      truncates,
      resets,
      fails('InternalFailure', taken, 5),
      says(500, ''),
      neverAnswers,
      refuses(403, 'AccessDeniedException'),
      refuses(400, 'ThrottlingException'),
      fails('AccessDeniedException', taken, 1, 2),
      undefined,
      says(200, { Entries: [] }),
    );
    const { clock, pump, many } = await rig({ target });
    const ids = await many(200);
    await passing(clock, () => {
      expect(balanced(pump)).toBe(true);
      return pump.accounting().pending === 0;
    });
    await pump.stop(1_000);
    expect(standIn.faults).toEqual([]);
    expect([...new Set(taken)].sort()).toEqual([...ids].sort());
    // What was taken without the sender hearing of it arrives twice: at least the lost answer's ten.
    expect(taken.length).toBeGreaterThanOrEqual(ids.length + 10);
    expect(pump.accounting()).toMatchObject({ delivered: 200, deadLettered: 0 });
    expect(pump.problem).toBeUndefined();
    await target.close();
  });

  it('sends what the service expects', async () => {
    const { standIn, target } = await open();
    const { clock, pump, append } = await rig({ target, settings: { bus: 'meetings' } });
    await append(NORMAL);
    clock.advance(1_000);
    await pump.stop(1_000);
    const [request] = standIn.requests;
    expect(request?.headers['x-amz-target']).toBe('AWSEvents.PutEvents');
    expect(request?.entries).toEqual([
      {
        Source: 'roomd',
        DetailType: NORMAL,
        Detail: expect.stringContaining('"id":"id-1"'),
        Time: (clock.now() - 1_000) / 1_000,
        EventBusName: 'meetings',
        Resources: ['roomd:room/room-1'],
      },
    ]);
    await target.close();
  });

  it('sets one entry aside that makes the service refuse whole requests, and gets the others through', async () => {
    const { standIn, target } = await open();
    const { taken } = standIn;
    const picky: Fault = (response, entries) =>
      (entries.some(({ Detail }) => Detail.includes('"id-6"'))
        ? refuses(400, 'ValidationException')
        : fails('never', taken))(response, entries);
    standIn.faults.push(...Array<Fault>(40).fill(picky));
    const { log, pump, published, many } = await rig({ target });
    const ids = await many(10);
    await until(() => published.length === 1);
    await until(() => pump.accounting().pending === 0);
    expect([...taken].sort()).toEqual(ids.filter((id) => id !== 'id-6').sort());
    const { deadLetters } = await createDeadLetters(log).list('', 10);
    expect(deadLetters).toMatchObject([{ eventId: 'id-6', reason: 'ValidationException' }]);
    await target.close();
  });
});
