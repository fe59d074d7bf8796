import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Token } from '../../../supervisor/http/caller.ts';
import { deadLetter, FLOWING, redriveProgress } from '../http/fake-forwarding.ts';
import { startServer } from '../http/rig.ts';
import { type CallOptions, call, passing, start } from './rig.ts';

const POLL_MS = 500;
const REDRIVE = ['dead-letters', 'redrive'];
const LATER = '`roomd forward status` tells how far it is, `roomd dead-letters redrive --cancel` ends it';
const LEFT = '; `roomd dead-letters ls` shows what is left, and why';
const A = deadLetter(1);
const B = deadLetter(2, { roomId: 'lobby', reason: 'TooOld: ThrottlingException' });

const running = (delivered: number, refused = 0) => redriveProgress(4, { delivered, refused });
const done = (delivered: number, refused = 0) =>
  redriveProgress(delivered + refused, { state: 'done', endedAt: 1_700_000_000_900, delivered, refused });

async function rig() {
  const server = await startServer();
  server.forwarding.letters.push(A, B);
  return server;
}

/** Starts and watches a redrive to its end. */
async function watch(argv: string[], options: CallOptions) {
  const command = start([...REDRIVE, ...argv], options);
  return { ...command, code: await passing(command, POLL_MS) };
}

describe('roomd dead-letters redrive', () => {
  it.each([
    [[A.id, B.id], { ids: [A.id, B.id] }],
    [['--all'], {}],
    [['--room', 'lobby'], { roomId: 'lobby' }],
    [['--topic', 'room.**', '--reason', 'TooOld'], { topic: 'room.**', reason: 'TooOld' }],
  ])('%j sends these and no others', async (argv, selection) => {
    const { url, forwarding } = await rig();
    expect((await call([...REDRIVE, ...argv, '--no-wait'], { url })).code).toBe(0);
    const [{ sees, ...asked } = {}] = forwarding.selections;
    expect(asked).toEqual(selection);
  });

  it('rewrites one line for a person, and ends with what came of it', async () => {
    const { url, forwarding } = await rig();
    forwarding.steps.push(running(0), running(1), running(2), done(4));
    const { code, out, err } = await watch(['--all'], { url, tty: true });
    expect([code, err.text]).toEqual([0, '']);
    expect(out.lines).toHaveLength(1);
    expect(out.lines[0]?.split('\r').map((line) => line.trimEnd())).toEqual([
      '',
      '░░░░░░░░░░░░░░░░░░░░   0%  0 delivered, 0 refused, 4 remaining',
      '█████░░░░░░░░░░░░░░░  25%  1 delivered, 0 refused, 3 remaining',
      '██████████░░░░░░░░░░  50%  2 delivered, 0 refused, 2 remaining',
      '████████████████████ 100%  4 delivered, 0 refused, 0 remaining',
      '4 delivered',
    ]);
    expect(out.screen).toEqual(['4 delivered']);
  });

  it('prints one JSON object a change for a program', async () => {
    const { url, forwarding } = await rig();
    const steps = [running(0), running(0), running(1), running(1), done(4)];
    for (const [argv, tty] of [
      [['--all'], false],
      [['--all', '--json'], true],
    ] as const) {
      forwarding.steps.push(...steps);
      const { code, out, err } = await watch([...argv], { url, tty });
      expect(out.lines.map((line) => JSON.parse(line) as unknown)).toEqual([steps[0], steps[2], steps[4]]);
      expect([code, err.text]).toEqual([0, '']);
    }
  });

  it('ends with 1 when some were refused again, and says how to see them', async () => {
    const { url, forwarding } = await rig();
    forwarding.steps.push(running(0), done(3, 1));
    const person = await watch(['--all'], { url, tty: true });
    expect([person.code, person.out.screen]).toEqual([1, [`3 delivered, 1 refused again${LEFT}`]]);
    forwarding.steps.push(running(0), done(3, 1));
    const program = await watch(['--all'], { url });
    expect([program.code, program.out.lines.length]).toEqual([1, 2]);
    expect(program.err.lines).toEqual([`3 delivered, 1 refused again${LEFT}`]);
  });

  it('ends with 1 when somebody cancels it', async () => {
    const { url, forwarding } = await rig();
    forwarding.steps.push(running(1), { ...running(1), state: 'cancelled' });
    const { code, out } = await watch(['--all'], { url, tty: true });
    expect([code, out.screen]).toEqual([1, [`cancelled: 1 delivered, 3 not sent${LEFT}`]]);
  });

  it('says when there was nothing to send, or less than was named', async () => {
    const { url, forwarding } = await rig();
    forwarding.steps.push(done(0));
    const none = await watch(['--room', 'empty'], { url, tty: true });
    expect([none.code, none.out.screen, none.err.text]).toEqual([0, ['no dead letters to send again'], '']);
    forwarding.steps.push(done(1));
    const fewer = await watch([A.id, A.id, 'b', 'c'], { url, tty: true });
    expect([fewer.code, fewer.out.screen]).toEqual([1, ['1 delivered']]);
    expect(fewer.err.lines).toEqual(['2 of 3 ids named no dead letter of this target: mistyped, or delivered before']);
  });

  it('tells why nothing moves, as long as it does not', async () => {
    const { url, forwarding } = await rig();
    forwarding.now = { ...FLOWING, state: 'held', problem: 'AccessDenied\u001b[2J: allow it' };
    forwarding.steps.push(running(0), running(1), running(1), running(2), done(4));
    const { out } = await watch(['--all'], { url, tty: true });
    const drawn = out.lines[0]?.split('\r').map((line) => line.trimEnd()) ?? [];
    expect(drawn[3]).toBe(' 25%  1 delivered, 0 refused, 3 remaining  held: AccessDenied [2J: allow it');
    expect(drawn.filter((line) => line.includes('held'))).toHaveLength(1);
    expect(out.screen).toEqual(['4 delivered']);
  });

  it('tells a program on stderr, once a standstill', async () => {
    const { url, forwarding } = await rig();
    forwarding.now = { ...FLOWING, state: 'deferred', problem: 'ThrottlingException' };
    forwarding.steps.push(running(0), running(0), running(0), running(1), running(1), done(4));
    const { out, err } = await watch(['--all'], { url });
    expect(err.lines).toEqual(['deferred: ThrottlingException', 'deferred: ThrottlingException']);
    expect(out.lines).toHaveLength(3);
  });

  it('is just slow where forwarding flows', async () => {
    const { url, forwarding } = await rig();
    forwarding.steps.push(running(1), running(1), done(4));
    expect((await watch(['--all'], { url, tty: true })).out.text).not.toContain('flowing');
  });

  it('keeps the line within the terminal', async () => {
    const { url, forwarding } = await rig();
    forwarding.now = { ...FLOWING, state: 'held', problem: 'long '.repeat(50) };
    forwarding.steps.push(running(1), running(1), done(4));
    const command = start([...REDRIVE, '--all'], { url, tty: true });
    command.out.columns = 50;
    await passing(command, POLL_MS);
    const drawn = command.out.lines[0]?.split('\r').slice(0, -1) ?? [];
    expect(drawn.length).toBeGreaterThan(2);
    for (const line of drawn) expect(line.length).toBeLessThan(50);
  });

  it.each([
    [true, '1 delivered, 0 refused, 3 remaining'],
    [false, '"remaining":3'],
  ])('Ctrl-C stops watching, not the redrive (terminal: %s)', async (tty, shown) => {
    const { url, forwarding } = await rig();
    forwarding.steps.push(running(1));
    const command = start([...REDRIVE, '--all'], { url, tty });
    await command.out.seen(shown);
    command.stop.abort('SIGINT');
    expect(await command.code).toBe(130);
    expect(command.out.text.endsWith('\n')).toBe(true);
    expect(command.err.lines).toEqual([`no longer watching, the redrive goes on: ${LATER}`]);
    expect(forwarding.current).toEqual(running(1));
  });

  it('Ctrl-C before the daemon has answered leaves open whether it began', async () => {
    const { url, forwarding } = await rig();
    const command = start([...REDRIVE, '--all'], { url });
    const asked = new Promise<void>((resolve) => {
      forwarding.redrive.start = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    await asked;
    command.stop.abort('SIGINT');
    expect(await command.code).toBe(130);
    expect(command.err.text).toContain('the redrive may have begun');
  });

  it('begins and leaves it to itself with --no-wait', async () => {
    const { url } = await rig();
    const { code, out } = await call([...REDRIVE, '--all', '--no-wait'], { url, tty: true });
    expect([code, out.lines]).toEqual([0, [`2 on their way; ${LATER}`]]);
  });

  it('says when one is running already', async () => {
    const { url, forwarding } = await rig();
    forwarding.current = running(1);
    const { code, out, err } = await call([...REDRIVE, '--all'], { url, tty: true });
    expect([code, out.text, err.lines]).toEqual([1, '', [`roomd: a redrive is running already; ${LATER}`]]);
  });

  it('says when the daemon goes away, or comes back without it', async () => {
    const { url, server, forwarding } = await rig();
    forwarding.steps.push(running(1));
    const lost = start([...REDRIVE, '--all'], { url, tty: true });
    await lost.out.seen('3 remaining');
    await server.close();
    expect(await passing(lost, POLL_MS)).toBe(1);
    expect(lost.err.text).toContain('what had not arrived stays a dead letter');
    expect(lost.out.text.endsWith('\n')).toBe(true);

    const second = await rig();
    second.forwarding.steps.push(running(1));
    const forgotten = start([...REDRIVE, '--all'], { url: second.url });
    await forgotten.out.until(1);
    second.forwarding.current = undefined;
    expect(await passing(forgotten, POLL_MS)).toBe(1);
    expect(forgotten.err.text).toContain('what had not arrived stays a dead letter');
  });

  it('does not take another redrive for its own', async () => {
    const { url, forwarding } = await rig();
    forwarding.steps.push(running(1), { ...done(4), startedAt: 1 });
    const { code, err } = await watch(['--all'], { url });
    expect([code, err.text]).toEqual([1, expect.stringContaining('another redrive has begun since')]);
  });

  it.each([
    [[], 'expected what to send again'],
    [['a', '--all'], 'expected either ids, or --room'],
    [['a', '--room', 'lobby'], 'expected either ids, or --room'],
    [['--cancel', 'a'], 'expected --cancel without'],
    [['--cancel', '--all'], 'expected --cancel without'],
    [['--cancel', '--no-wait'], 'expected --cancel without'],
  ])('%j ends with 2, and nothing is sent', async (argv, message) => {
    const { url, forwarding } = await rig();
    const { code, err } = await call([...REDRIVE, ...argv], { url });
    expect([code, err.text, forwarding.selections]).toEqual([2, expect.stringContaining(message), []]);
  });

  it('says which scope the token lacks', async () => {
    const sha256 = createHash('sha256').update('secret').digest('hex');
    const tokens: Token[] = [{ name: 't', sha256, scopes: ['events:read'] }];
    const { url, forwarding } = await startServer({ tokens });
    const { code, err } = await call([...REDRIVE, '--all'], { url, env: { ROOMD_TOKEN: 'secret' } });
    expect([code, err.text, forwarding.selections]).toEqual([1, expect.stringContaining('the scope admin'), []]);
  });
});

describe('roomd dead-letters redrive --cancel', () => {
  it('ends it and says how far it came', async () => {
    const { url, forwarding } = await rig();
    forwarding.current = running(1);
    const person = await call([...REDRIVE, '--cancel'], { url, tty: true });
    expect([person.code, person.out.lines]).toEqual([0, ['cancelled: 1 delivered, 3 not sent']]);
    const program = await call([...REDRIVE, '--cancel'], { url });
    expect(JSON.parse(program.out.text)).toMatchObject({ state: 'cancelled', remaining: 3 });
  });

  it('says when it has yet to end, when it had ended before, and when there was none', async () => {
    const { url, forwarding } = await rig();
    const cancel = () => call([...REDRIVE, '--cancel'], { url, tty: true });
    expect(await cancel()).toMatchObject({ code: 1, err: { text: expect.stringContaining('no redrive has run') } });
    forwarding.current = done(2);
    expect((await cancel()).out.lines).toEqual(['no redrive runs; the last one: 2 delivered']);
    forwarding.redrive.cancel = () => running(1);
    expect((await cancel()).out.lines).toEqual(['ending; what is under way arrives, or stays a dead letter']);
  });
});
