import { describe, expect, it } from 'vitest';
import { FLOWING, redriveProgress } from '../http/fake-forwarding.ts';
import { startServer } from '../http/rig.ts';
import { call } from './rig.ts';

async function status(change: Partial<typeof FLOWING> = {}, redrive?: ReturnType<typeof redriveProgress>) {
  const { url, forwarding } = await startServer();
  forwarding.now = { ...FLOWING, ...change };
  forwarding.current = redrive;
  return call(['forward', 'status'], { url, tty: true });
}

describe('roomd forward status', () => {
  it('shows what became of every event as a sum, and what waits', async () => {
    const { code, out } = await status();
    expect(code).toBe(0);
    expect(out.lines.join('\n')).toMatchInlineSnapshot(`
      "eventbridge/eu-central-1/main is flowing

           accepted       12,345
        =  delivered      12,287
        +  pending            12  not settled yet
        +  dead-lettered       3  \`roomd dead-letters ls\` lists them
        +  expired             0
        +  local              40  of topics that stay here
        +  sampled out         2  left out by their topic's sample rate
        +  withheld            1  for what they say about people
        +  spec mismatch       0

        backlog        12 events, the oldest for 1.5 s
        cursor         k3j2.12333 of k3j2.12345
        last delivery  2 s ago"
    `);
  });

  it('says when nothing waits, and when nothing has been delivered yet', async () => {
    const { out } = await status({
      backlog: { events: 0, oldestMs: null },
      cursor: FLOWING.last,
      lastDeliveredAt: null,
    });
    expect(out.lines.slice(-3)).toEqual([
      '  backlog        none',
      '  cursor         k3j2.12345, the end of the log',
      '  last delivery  none since the start',
    ]);
  });

  it.each([
    ['flowing', '\u001b[32mflowing'],
    ['deferred', '\u001b[33mdeferred'],
    ['held', '\u001b[31mheld'],
    ['stopped', '\u001b[2mstopped'],
  ] as const)('%s has its colour', async (state, painted) => {
    expect((await status({ state })).out.text).toContain(painted);
  });

  it('gives the whole reason why nothing gets through, made safe for a terminal', async () => {
    const { out } = await status({ state: 'held', problem: `Access\u001b[2J\u202eDenied: ${'long '.repeat(50)}end` });
    expect(out.lines[1]).toMatch(/^ {2}Access \[2J Denied: (long ){50}end$/);
    expect(out.text).not.toContain('\u001b[2J');
  });

  it('shows it when the sum is wrong', async () => {
    const { out } = await status({ accounting: { ...FLOWING.accounting, accepted: 12_350 } });
    expect(out.text).toContain('please report this');
    expect(out.lines).toContainEqual(expect.stringMatching(/unaccounted +5 /));
    expect((await status()).out.text).not.toContain('unaccounted');
  });

  it('shows the redrive that runs, or how the last one went', async () => {
    const running = await status({}, redriveProgress(4, { delivered: 1, refused: 1 }));
    expect(running.out.lines.at(-1)).toMatch(/redrive +█{10}░{10} +50% {2}1 delivered, 1 refused, 2 remaining$/);
    const endedAt = 1_700_000_000_000 - 60_000;
    const done = await status({}, redriveProgress(4, { state: 'done', delivered: 3, refused: 1, endedAt }));
    expect(done.out.lines.at(-1)).toMatch(/redrive +3 delivered, 1 refused again \(1 min ago\)$/);
  });

  it('hands a program what the daemon said', async () => {
    const { url } = await startServer();
    for (const [argv, tty] of [
      [['forward', 'status'], false],
      [['forward', 'status', '--json'], true],
    ] as const) {
      const { out } = await call([...argv], { url, tty });
      expect(out.lines.map((line) => JSON.parse(line) as unknown)).toEqual([FLOWING]);
    }
  });

  it('says when no daemon is there', async () => {
    const { url, server } = await startServer();
    await server.close();
    const { code, err } = await call(['forward', 'status'], { url });
    expect([code, err.text]).toEqual([1, expect.stringContaining(`no roomd at ${url}`)]);
  });

  it.each([[['forward']], [['forward', 'nope']], [['dead-letters']]])('%j ends with 2', async (argv) => {
    expect((await call(argv)).code).toBe(2);
  });
});
