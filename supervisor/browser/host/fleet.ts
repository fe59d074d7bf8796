import type { Browser } from 'playwright-core';
import type { Clock, Timer } from '../../../spec/runtime/clock.ts';
import type { LaunchBrowser, RunningBrowser } from './launch.ts';

/** A browser that no page needs is kept so long. */
const IDLE_MS = 60_000;

/** A browser to open one page in. */
export interface Lease {
  readonly browser: Browser;
  /** The page has been closed, or is gone with its browser. Idempotent; doesn't reject. */
  release(): Promise<void>;
}

/** The browsers of this process. */
export interface Fleet {
  /** Starts one ahead of the first page. Rejects with LaunchError. */
  warm(): Promise<void>;
  /** Rejects with LaunchError. */
  take(): Promise<Lease>;
  /** Ends all of them; no more are started. Idempotent; doesn't reject. */
  close(): Promise<void>;
}

/** `share`: one browser for all pages; otherwise one for each. A browser that has crashed is replaced when asked for. */
export function createFleet(share: boolean, launch: LaunchBrowser, clock: Clock): Fleet {
  const running = new Set<RunningBrowser>();
  /** Not taken, or shared by all. */
  let kept: Promise<RunningBrowser> | undefined;
  let users = 0;
  let idle: Timer | undefined;
  let closed = false;

  async function start(): Promise<RunningBrowser> {
    const started = await launch();
    running.add(started);
    started.browser.once('disconnected', () => running.delete(started));
    // Meanwhile all were to end.
    if (closed) await started.close();
    return started;
  }

  function keep(): Promise<RunningBrowser> {
    if (kept !== undefined) return kept;
    const starting = start();
    kept = starting;
    const forget = () => {
      if (kept === starting) kept = undefined;
    };
    starting.then(
      ({ browser }) => (browser.isConnected() ? void browser.once('disconnected', forget) : forget()),
      forget,
    );
    return starting;
  }

  /** Of the kept one, when nobody uses it. */
  function rest(): void {
    idle?.cancel();
    if (users > 0 || kept === undefined || closed) return;
    const resting = kept;
    idle = clock.after(IDLE_MS, () => {
      if (kept === resting) kept = undefined;
      void resting.then(
        (browser) => browser.close(),
        () => undefined,
      );
    });
  }

  function lease(held: RunningBrowser, giveBack: () => Promise<void> | void): Lease {
    let released: Promise<void> | undefined;
    return {
      browser: held.browser,
      release() {
        released ??= Promise.resolve(giveBack());
        return released;
      },
    };
  }

  async function takeShared(): Promise<Lease> {
    users++;
    idle?.cancel();
    const done = () => {
      users--;
      rest();
    };
    try {
      return lease(await keep(), done);
    } catch (error) {
      done();
      throw error;
    }
  }

  async function takeOwn(): Promise<Lease> {
    idle?.cancel();
    const spare = kept;
    kept = undefined;
    const held = await (spare ?? start());
    return lease(held, () => held.close());
  }

  return {
    async warm() {
      await keep();
      rest();
    },
    take: share ? takeShared : takeOwn,
    async close() {
      closed = true;
      idle?.cancel();
      await Promise.all([...running].map((browser) => browser.close()));
      await kept?.then(
        (browser) => browser.close(),
        () => undefined,
      );
    },
  };
}
