import { type Browser, type CDPSession, chromium } from 'playwright-core';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { FROM_OUTSIDE, type HostReport, type HostSettings } from '../host-protocol.ts';
import { watch } from '../watch.ts';
import { launchProblem } from './launch-problem.ts';

/** For every browser, whoever starts it. */
export const FLAGS: readonly string[] = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-domain-reliability',
  '--no-pings',
];
const LAUNCH_MS = 30_000;
/** A browser that has answered nothing for so long is killed: before its pages are given up one by one. */
const PULSE = { periodMs: 10_000, periods: 2 };
/** A browser that doesn't end when it is asked to is killed. */
const CLOSE_MS = 5_000;

/** One running Chromium. */
export interface RunningBrowser {
  readonly browser: Browser;
  /** Idempotent; doesn't reject. */
  close(): Promise<void>;
}

export type LaunchBrowser = () => Promise<RunningBrowser>;

/** No browser could be started; the message says why, and what to do. */
export class LaunchError extends Error {
  override name = 'LaunchError';
}

/** Starts Chromium, which listens to this process alone, by a pipe: it ends when this process does. */
export function createLaunch(settings: HostSettings, clock: Clock, say: (report: HostReport) => void): LaunchBrowser {
  const { folder, sandbox } = settings;
  const env: Record<string, string> = { HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
  for (const name of FROM_OUTSIDE) if (process.env[name] !== undefined) env[name] = process.env[name];

  return async () => {
    const browser = await chromium
      .launch({
        executablePath: settings.browser,
        args: [...FLAGS, ...settings.args],
        chromiumSandbox: sandbox,
        env,
        timeout: LAUNCH_MS,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      })
      .catch((error: unknown) => {
        throw new LaunchError(launchProblem(error, settings));
      });
    let closing: Promise<void> | undefined;
    const ended = new Promise<void>((resolve) => {
      browser.once('disconnected', () => {
        say({ browser: closing === undefined ? 'crashed' : 'ended' });
        resolve();
      });
    });
    const session = browser.newBrowserCDPSession();
    session.catch(() => undefined);
    let pid: number | null = null;
    const pulse = watch({
      clock,
      ...PULSE,
      ask: async () => (await session).send('Browser.getVersion'),
      onSilent() {
        say({ browser: 'silent', silentMs: PULSE.periodMs * PULSE.periods });
        // Without its number the library may still know it.
        if (pid === null) void browser.close().catch(() => undefined);
        else kill(pid);
      },
    });
    void ended.then(pulse.stop);
    pid = await browserPid(session);
    say({ browser: 'started', version: browser.version(), pid });
    const close = async () => {
      // Its number is its own as long as it holds the pipe. What started it, a script perhaps, and what it has started follow.
      const limit = clock.after(CLOSE_MS, () => browser.isConnected() && kill(pid));
      // It may have crashed meanwhile, and then there is nothing left to close.
      await browser.close().catch(() => undefined);
      limit.cancel();
      if (!browser.isConnected()) await ended;
    };
    return {
      browser,
      close() {
        closing ??= close();
        return closing;
      },
    };
  };
}

async function browserPid(session: Promise<CDPSession>): Promise<number | null> {
  try {
    const { processInfo } = await (await session).send('SystemInfo.getProcessInfo');
    return processInfo.find(({ type }) => type === 'browser')?.id ?? null;
  } catch {
    return null;
  }
}

function kill(pid: number | null): void {
  try {
    if (pid !== null) process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone.
  }
}
