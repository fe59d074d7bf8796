import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import type { Child } from '../../../supervisor/child/port.ts';
import { createLauncher } from '../../../supervisor/child/spawn.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { gone } from '../../helpers/processes.ts';

interface Launched {
  readonly child: Child;
  readonly lines: string[];
  readonly stderr: string[];
}

function launch(script: string, clock = systemClock, onLine: (child: Child) => void = () => {}): Launched {
  const lines: string[] = [];
  const stderr: string[] = [];
  const child = createLauncher(clock)(
    { command: ['/bin/sh', '-c', script], env: { PATH: process.env.PATH ?? '' }, cwd: '/', maxLineBytes: 1_000 },
    {
      onLine: (line) => {
        lines.push(line);
        onLine(child);
      },
      onFault: (fault) => lines.push(`!${fault}`),
      onStderr: (line) => stderr.push(line),
    },
  );
  return { child, lines, stderr };
}

/** Ends when somebody beyond its group, whose number is the first line, holds its pipes. */
const LEAVES_ANOTHER = "setsid sh -c 'echo $$; exec sleep 1000' & read line; exit 0";
const goOn = (child: Child) => void child.send({ type: 'app_message', text: 'go on' });

describe('a child process', () => {
  it.skipIf(process.platform !== 'linux')('goes before the supervisor when memory runs out', async () => {
    const { child, lines } = launch('read line; cat /proc/self/oom_score_adj');
    child.send({ type: 'app_message', text: 'go on' });
    await child.exited;
    expect(lines).toEqual(['500']);
  });

  it('is read to the end before its exit is told, last words included', async () => {
    const { child, lines, stderr } = launch('seq 1 20000; echo bye >&2; exit 7');
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(lines).toHaveLength(20_000);
    expect([lines.at(-1), stderr]).toEqual(['20000', ['bye']]);
  });

  it('takes with it what it has started, pipes and all', async () => {
    const { child, lines } = launch('sleep 1000 & echo $!; exit 0');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    await gone(Number(lines[0]));
  });

  it('is told as ended although somebody beyond its group holds the pipes', async () => {
    const { child, lines } = launch(LEAVES_ANOTHER, systemClock, goOn);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    process.kill(Number(lines[0]), 'SIGKILL');
  });

  it('is sent no signal once it has ended: its number may be that of another', async () => {
    const clock = new FakeClock();
    const { child, lines } = launch(LEAVES_ANOTHER, clock, goOn);
    // That nobody else holds the pipes is waited for from its end on.
    while (clock.waiting === 0) await setImmediate();
    const kill = vi.spyOn(process, 'kill');
    try {
      child.signal('SIGTERM');
      child.signal('SIGKILL');
      expect(kill).not.toHaveBeenCalled();
    } finally {
      kill.mockRestore();
      process.kill(Number(lines[0]), 'SIGKILL');
    }
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it('is read slowly when it floods stderr, and its last words come without delay', async () => {
    const clock = new FakeClock();
    // A MiB and little more: what isn't read while the clock stands has to fit into the pipe.
    const { child, stderr } = launch('yes $(printf %0999d 1) | head -n 1000 >&2; read line; echo bye >&2', clock);
    while (clock.waiting === 0) await setImmediate();
    expect(stderr).not.toContain('bye');
    goOn(child);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(stderr.at(-1)).toBe('bye');
    expect(clock.waiting).toBe(0);
  });

  it('keeps what is in its pipe while it is held back, however long', async () => {
    const clock = new FakeClock();
    const held = Promise.withResolvers<void>();
    const { child, lines } = launch('seq 1 5000', clock, (self) => {
      if (lines.length === 1) {
        self.pause();
        held.resolve();
      }
    });
    await held.promise;
    await gone(child.pid ?? 0);
    await clock.pass(3_600_000);
    child.resume();
    await child.exited;
    expect(lines.at(-1)).toBe('5000');
  });

  it('that cannot be started says why', async () => {
    const child = createLauncher(systemClock)(
      { command: ['/nowhere/bot'], env: {}, cwd: '/', maxLineBytes: 1_000 },
      { onLine: () => {}, onFault: () => {}, onStderr: () => {} },
    );
    expect(await child.exited).toEqual({ code: null, signal: null, error: expect.stringContaining('ENOENT') });
    expect(child.send({ type: 'shutdown', reason: 'x', deadlineMs: 1 })).toBe(false);
  });

  it('that does not read keeps its place for commands, and finds only the newest acknowledgement in the end', async () => {
    const go = join(await temporaryFolder(), 'go');
    const echo = 'while read -r line; do echo "$line"; case "$line" in *last*) exit;; esac; done';
    const { child, lines } = launch(`while [ ! -e ${go} ]; do sleep 0.01; done; ${echo}`);
    for (let i = 0; i < 100_000; i++) child.acknowledge(`ack-${i}`);
    expect(child.send({ type: 'shutdown', reason: 'requested', deadlineMs: 1 })).toBe(true);
    child.acknowledge('the last');
    await writeFile(go, '');
    await child.exited;
    // What a pipe and a stream hold, and no more.
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.length).toBeLessThan(5_000);
    expect(lines.at(-2)).toContain('"shutdown"');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ type: 'ack', through: 'the last' });
    child.acknowledge('to nobody');
  });
});
