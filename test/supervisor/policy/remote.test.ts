import { describe, expect, it } from 'vitest';
import type { Timer } from '../../../spec/runtime/clock.ts';
import { pause } from '../../../supervisor/policy/schedule.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { memoryKeep, openSources, policyServer, ROOM, version } from './rig.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OLD = 'revision: 1\nturns: { maxChars: 100 }';

describe('a remote source', () => {
  it('is asked for what has changed, by ETag and date, with the token, from time to time', async () => {
    const headers = { etag: '"one"', 'last-modified': 'Tue, 14 Nov 2023 10:00:00 GMT' };
    const server = await policyServer(version(OLD, headers));
    const source = { url: `${server.url}?key=in-the-query`, tokenEnv: 'RULES' };
    const clock = new WatchedClock();
    const rig = openSources([source], { clock, reload: DAY, env: { RULES: 'the-token' } });
    await rig.policies.start();
    await until(() => clock.pauses.length === 1);
    expect(await rig.names()).toEqual([server.url]);
    server.answer((_, response) => response.writeHead(304).end());
    for (let n = 2; n <= 4; n++) {
      rig.clock.advance(30_000);
      await until(() => clock.pauses.length === n);
    }
    expect(clock.pauses).toEqual([30_000, 30_000, 30_000, 30_000]);
    expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      '"one"',
      '"one"',
      '"one"',
    ]);
    expect(server.requests[1]?.headers['if-modified-since']).toBe('Tue, 14 Nov 2023 10:00:00 GMT');
    expect(server.requests[1]?.headers.authorization).toBe('Bearer the-token');
    expect([rig.changes(), rig.refused]).toEqual([1, []]);
    const told = rig.lines.join('') + JSON.stringify(rig.refused) + (await rig.metrics.registry.metrics());
    expect(told).not.toMatch(/the-token|in-the-query/);
  });

  it('asks again soon after a failure, then less and less often', async () => {
    const server = await policyServer((_, response) => response.writeHead(500).end());
    const clock = new WatchedClock();
    const rig = openSources([server.url], { clock, reload: DAY });
    await rig.policies.start();
    for (let n = 1; n <= 7; n++) {
      await until(() => clock.pauses.length === n);
      clock.advance(clock.pauses.at(-1) ?? 0);
    }
    expect(clock.pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect([pause(30_000, 0, 0), pause(30_000, 0, 1), pause(30_000, 99, 1)]).toEqual([27_000, 33_000, 33_000]);
  });

  it('follows redirects within its origin, token and all', async () => {
    const server = await policyServer((request, response) => {
      if (request.url === '/there') version(OLD)(request, response);
      else response.writeHead(302, { location: '/there' }).end();
    });
    const rig = openSources([{ url: server.url, tokenEnv: 'RULES' }], { env: { RULES: 't' } });
    await rig.policies.start();
    await rig.policies.look();
    expect(await rig.maxChars()).toEqual([100]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer t', 'Bearer t']);
  });

  it('may give several layers, each for its rooms; one address twice is one source', async () => {
    const body = JSON.stringify([
      { policyId: 'all' },
      { policyId: 'mine', match: { roomId: 'room' } },
      { match: { tenantId: 't' } },
    ]);
    const server = await policyServer(version(body, { 'content-type': 'application/json' }));
    const rig = openSources([server.url, `${server.url}#again`]);
    await rig.policies.start();
    await rig.policies.look();
    expect(await rig.names()).toEqual(['all', 'mine']);
    expect(await rig.names({ roomId: 'x', tenantId: 't' })).toEqual(['all', server.url]);
  });

  it('sums up its state in metrics', async () => {
    const server = await policyServer(version(OLD));
    const rig = openSources([server.url]);
    await rig.policies.start();
    await rig.policies.look();
    rig.clock.advance(7_000);
    const text = await rig.metrics.registry.metrics();
    expect(text).toContain(`roomd_policy_source_age_seconds{source="${server.url}"} 7\n`);
    expect(text).toContain('roomd_policy_reloads_total{result="applied"} 1\n');
  });
});

describe('the last good version', () => {
  it('serves until maxAge after the last good answer, then rooms are refused, and that is told', async () => {
    const server = await policyServer(version(OLD));
    const rig = openSources([server.url]);
    await rig.policies.look();
    server.answer((_, response) => response.writeHead(500).end());
    rig.clock.advance(HOUR - 1);
    await rig.policies.look();
    expect([await rig.maxChars(), rig.policies.problem]).toEqual([[100], undefined]);
    rig.clock.advance(2);
    expect(rig.policies.problem).toBe(
      `policy source ${server.url} gave no answer within maxAge (3600000 ms): expected HTTP 200 or 304, got 500`,
    );
    await expect(rig.policies.layersFor(ROOM)).rejects.toThrow('gave no answer within maxAge');
    expect(rig.refused.map(({ reason }) => reason)).toEqual([
      'expected HTTP 200 or 304, got 500',
      expect.stringContaining('gave no answer within maxAge'),
    ]);
    server.answer((_, response) => response.writeHead(304).end());
    await rig.policies.look();
    // It has no validators: 304 is no answer to a question that wasn't conditional.
    expect(rig.policies.problem).toContain('expected HTTP 200 or 304, got 304');
    server.answer(version(OLD));
    await rig.policies.look();
    expect([await rig.maxChars(), rig.policies.problem, rig.changes()]).toEqual([[100], undefined, 0]);
  });

  it('does not get younger when the wall clock is set back, and gets older when the machine slept', async () => {
    const server = await policyServer(version(OLD));
    const rig = openSources([server.url]);
    await rig.policies.look();
    rig.clock.wall -= 10 * HOUR;
    rig.clock.advance(HOUR);
    expect(rig.policies.problem).toBeUndefined();
    rig.clock.advance(1);
    expect(rig.policies.problem).toContain('maxAge');
    await rig.policies.look();
    expect(rig.policies.problem).toBeUndefined();
    rig.clock.wall += HOUR + 1;
    expect(rig.policies.problem).toContain('maxAge');
  });

  it('survives a restart with its age, its validators and what is newest', async () => {
    const keep = memoryKeep();
    const server = await policyServer(version('revision: 7\nturns: { maxChars: 100 }', { etag: '"e"' }));
    const before = openSources([server.url], { keep });
    await before.policies.start();
    await before.policies.look();
    before.clock.advance(HOUR / 2);
    server.answer((_, response) => response.writeHead(304).end());
    await before.policies.look();
    await before.policies.stop();

    const clock = new FakeClock(before.clock.now() + HOUR - 5_000);
    server.answer(version('revision: 6\nturns: { maxChars: 900 }'));
    const after = openSources([server.url], { keep, clock });
    await after.policies.start();
    expect(await after.maxChars()).toEqual([100]);
    await after.policies.look();
    expect(server.requests.at(-1)?.headers['if-none-match']).toBe('"e"');
    expect(after.refused.map(({ reason }) => reason)).toEqual(['layer #1: expected revision 7 or newer, got 6']);
    clock.advance(5_000);
    expect(await after.maxChars()).toEqual([100]);
    clock.advance(1);
    await expect(after.policies.layersFor(ROOM)).rejects.toThrow('maxAge');
    expect(after.changes()).toBe(0);
  });

  it('of a restart with a wall clock that was set back is of unknown age: rooms wait for an answer', async () => {
    const keep = memoryKeep();
    const server = await policyServer(version(OLD));
    const before = openSources([server.url], { keep });
    await before.policies.look();
    await before.policies.stop();
    server.answer((_, response) => response.writeHead(500).end());
    const after = openSources([server.url], { keep, clock: new FakeClock(before.clock.now() - HOUR) });
    await after.policies.start();
    await expect(after.policies.layersFor(ROOM)).rejects.toThrow('maxAge');
    server.answer(version(OLD));
    await after.policies.look();
    expect(await after.maxChars()).toEqual([100]);
  });

  it.each<[string, unknown]>([
    ['of another shape', { body: 1 }],
    ['no layer', { body: '<html>', validators: {}, floor: { revisions: [] }, checkedAt: 1 }],
  ])('that was kept and is %s counts as none, loudly', async (_, document) => {
    const keep = { load: async () => document, save: async () => {} };
    const server = await policyServer((_, response) => response.writeHead(500).end());
    const rig = openSources([server.url], { keep });
    await rig.policies.start();
    await expect(rig.policies.layersFor(ROOM)).rejects.toThrow('gave no version yet');
    expect(rig.lines.join('')).toContain('is not kept for the next start');
  });

  it('that cannot be kept is in force nevertheless', async () => {
    const keep = { load: async () => undefined, save: () => Promise.reject(new Error('disk')) };
    const server = await policyServer(version(OLD));
    const rig = openSources([server.url], { keep });
    await rig.policies.look();
    expect(await rig.maxChars()).toEqual([100]);
    expect(rig.lines.join('')).toContain("can't be kept");
  });
});

describe('an order of versions', () => {
  it('is kept per layer, by policyId or else by place, whatever else comes and goes', async () => {
    const layer = (policyId: string, revision: number, maxChars = revision) => ({
      policyId,
      revision,
      turns: { maxChars },
    });
    const server = await policyServer(version(JSON.stringify([layer('a', 3), layer('b', 5)])));
    const rig = openSources([server.url]);
    const empty = (policyId: string, revision: number) => ({ policyId, revision, match: { tenantId: 't' }, tools: {} });
    const steps: [object[], string | undefined][] = [
      [[layer('b', 5), layer('a', 3), layer('c', 1)], undefined],
      [[layer('b', 6)], 'layer a: expected it, got none: to drop it, publish it empty with a higher revision'],
      [[layer('b', 6), empty('a', 4), empty('c', 2)], undefined],
      [[layer('b', 6)], undefined],
      [[layer('b', 6), layer('a', 3)], 'layer a: expected revision 4 or newer, got 3'],
      [[layer('b', 5)], 'layer b: expected revision 6 or newer, got 5'],
      [[layer('b', 6, 7)], 'layer b: expected revision 6 to stay as it was: raise it with every change'],
      [[layer('b', 7), layer('a', 5)], undefined],
    ];
    await rig.policies.look();
    for (const [layers, problem] of steps) {
      server.answer(version(JSON.stringify(layers)));
      const told = rig.refused.length;
      await rig.policies.look();
      expect(rig.refused.slice(told).map(({ reason }) => reason)).toEqual(problem === undefined ? [] : [problem]);
    }
    expect(await rig.names()).toEqual(['b', 'a']);
  });
});

describe('a version that says nothing', () => {
  const NOTHING = 'expected a layer that says something, got none: to drop all, publish an empty one with a revision';

  it.each<[said: string, next: string, problem: string | undefined]>([
    ['turns: { maxChars: 1 }', '[]', NOTHING],
    ['turns: { maxChars: 1 }', '{}', NOTHING],
    ['turns: { maxChars: 1 }', '[{ policyId: a, tools: {} }, { enforcement: [] }]', NOTHING],
    ['{ tools: { allow: [] } }', '{ tools: { deny: [] } }', NOTHING],
    ['{ policyId: a, revision: 5, turns: { maxChars: 1 } }', '[]', 'layer a: expected it, got none: '],
    ['{ revision: 5, turns: { maxChars: 1 } }', '[]', 'layer #1: expected it, got none: '],
    ['{ policyId: a, revision: 5, turns: { maxChars: 1 } }', '{}', 'layer a: expected it, got none: '],
    ['{ policyId: a, revision: 5, turns: { maxChars: 1 } }', '{ policyId: a, revision: 6 }', undefined],
    ['turns: { maxChars: 1 }', 'revision: 0', undefined],
    ['turns: { maxChars: 1 }', '[{}, { turns: { maxChars: 2 } }]', undefined],
    ['{ policyId: a, revision: 5 }', '[]', undefined],
    ['{}', '[]', undefined],
  ])('after %s, %s: %s', async (said, next, problem) => {
    const keep = memoryKeep();
    const server = await policyServer(version(said));
    const before = openSources([server.url], { keep });
    await before.policies.look();
    const layers = await before.policies.layersFor(ROOM);
    server.answer(version(next));
    // What is in force is so too after a restart.
    const after = openSources([server.url], { keep });
    await after.policies.start();
    for (const rig of [before, after]) {
      await rig.policies.look();
      expect(rig.refused).toEqual(problem ? [{ source: server.url, reason: expect.stringContaining(problem) }] : []);
      if (problem) expect(await rig.policies.layersFor(ROOM)).toEqual(layers);
    }
  });
});

describe('policy sources', () => {
  it('end while an answer is under way, more than once, and before they began', async () => {
    const server = await policyServer(() => {});
    const rig = openSources([server.url]);
    const asked = server.asked();
    await rig.policies.start();
    await asked;
    await Promise.all([rig.policies.stop(), rig.policies.stop()]);
    await rig.policies.stop();
    expect([rig.refused, rig.clock.waiting]).toEqual([[], 0]);
    await openSources([server.url]).policies.stop();
  });

  it.each([
    [{ url: 'https://user:hidden@rules.test/a' }, 'expected an address without user and password'],
    [{ url: 'http://rules.test/a', tokenEnv: 'RULES' }, 'expected https, since a token is sent'],
    [{ url: 'ftp://rules.test/a' }, 'expected an address such as'],
    [
      { url: 'https://rules.test/a?hidden', tokenEnv: 'ABSENT' },
      'in the variable ABSENT, of visible ASCII, got nothing',
    ],
    [
      { url: 'https://rules.test/a?hidden', tokenEnv: 'BROKEN' },
      'in the variable BROKEN, of visible ASCII, got something',
    ],
  ])('are refused from the start: %j', (source, problem) => {
    const open = () => openSources([source], { env: { RULES: 'x', BROKEN: 'hidden\n' } });
    expect(open).toThrow(problem);
    expect(open).not.toThrow('hidden');
  });
});

/** Lets everything happen that doesn't wait for the clock, until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Knows how long somebody wants to wait, other than for an answer, the next look at the files, or the age. */
class WatchedClock extends FakeClock {
  readonly pauses: number[] = [];

  override after(ms: number, callback: () => void): Timer {
    if (ms !== 5_000 && ms < HOUR) this.pauses.push(ms);
    return super.after(ms, callback);
  }
}
