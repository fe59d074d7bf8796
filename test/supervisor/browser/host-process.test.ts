import pino from 'pino';
import { expect, it } from 'vitest';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { HostProcess } from '../../../supervisor/browser/host-process.ts';
import type { Child, ChildListener, Exit } from '../../../supervisor/child/port.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { testFiles } from './hosted.ts';

/** A host that the test speaks for. */
function start() {
  const clock = new FakeClock();
  const signals: string[] = [];
  const exit = Promise.withResolvers<Exit>();
  let host: ChildListener | undefined;
  const child = {
    ...{ pid: 1, unread: 0, exited: exit.promise, send: () => true },
    ...{ acknowledge() {}, pause() {}, resume() {} },
    signal(signal) {
      signals.push(signal);
      if (signal === 'SIGKILL') exit.resolve({ code: null, signal });
    },
  } satisfies Child;
  const settings = { folder: '', socket: '', browser: '', args: [], share: true, sandbox: true, maxPages: 1 };
  const process = new HostProcess(
    { ...settings, files: testFiles },
    {
      ...{ clock, env: {}, cwd: '', onStderr() {} },
      telemetry: createTelemetry(pino({ enabled: false }), createMetrics(), clock),
      launch(_, listener) {
        host = listener;
        return child;
      },
    },
  );
  const say = (line: object) => host?.onLine(JSON.stringify(line));
  return { process, clock, signals, say };
}

it('a host that gives no sign of life is killed, and one that does is not', async () => {
  const { process, clock, signals, say } = start();
  say({ ready: true });
  await process.ready;
  for (let i = 0; i < 20; i++) {
    await clock.pass(15_000);
    say(i % 2 ? { alive: true } : { pages: 0 });
  }
  expect(signals).toEqual([]);
  await clock.pass(59_999);
  expect(signals).toEqual([]);
  await clock.pass(15_001);
  expect(signals).toEqual(['SIGKILL']);
  expect(await process.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(clock.waiting).toBe(0);
});
