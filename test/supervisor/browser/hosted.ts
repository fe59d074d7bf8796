import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import type { Browsers } from '../../../supervisor/browser/api.ts';
import { openBrowsers } from '../../../supervisor/browser/browsers.ts';
import type { BrowsersOptions } from '../../../supervisor/browser/host-settings.ts';
import { pageFiles } from '../../../supervisor/browser/page-files.ts';
import { createLauncher } from '../../../supervisor/child/spawn.ts';
import { root, temporaryFolder } from '../../helpers/daemon.ts';
import { type BotSide, callUp, type Said } from './bot-side.ts';

/** The tests' page beside the real client. */
export const testFiles = { client: pageFiles().client, script: join(root, 'test/supervisor/browser/page.js') };

export interface Hosted {
  readonly browsers: Browsers;
  readonly folder: string;
  /** What the supervisor has logged, as objects. */
  readonly logged: readonly Said[];
  /** What the host has written to its standard error. */
  readonly complaints: readonly string[];
  /** The n-th line with that message, counted from 0; waits for it. */
  saw(message: string, nth?: number): Promise<Said>;
  metric(name: string): Promise<number>;
  /** A bot whose page is there. */
  page(): Promise<BotSide>;
}

/** The supervisor's side, with real processes behind it; ended with the test. */
export async function openHosted(options: Partial<BrowsersOptions> = {}): Promise<Hosted> {
  const folder = options.folder ?? join(await temporaryFolder(), 'browser');
  const logged: Said[] = [];
  const complaints: string[] = [];
  let noticed = Promise.withResolvers<void>();
  const notice = () => {
    noticed.resolve();
    noticed = Promise.withResolvers();
  };
  const log = new Writable({
    decodeStrings: false,
    write(line: string, _, done) {
      logged.push(JSON.parse(line) as Said);
      notice();
      done();
    },
  });
  const metrics = createMetrics();
  const browsers = openBrowsers(
    { folder, args: [], share: true, maxPages: 50, files: testFiles, ...options },
    {
      clock: systemClock,
      random: Math.random,
      telemetry: createTelemetry(pino({ level: 'debug', base: null }, log), metrics, systemClock),
      launch: createLauncher(systemClock),
      env: process.env,
      onStderr(line) {
        complaints.push(line);
        notice();
      },
    },
  );
  onTestFinished(() => browsers.stop());
  return {
    browsers,
    folder,
    logged,
    complaints,
    async saw(message, nth = 0) {
      for (;;) {
        const found = logged.filter(({ msg }) => msg === message)[nth];
        if (found !== undefined) return found;
        await noticed.promise;
      }
    },
    async metric(name) {
      const text = await metrics.registry.getSingleMetricAsString(`roomd_${name}`);
      return text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    async page() {
      await browsers.ready();
      const bot = await callUp(browsers.socket);
      const first = await bot.next();
      if (first?.host !== 'ready') throw new Error(`expected a page, got ${JSON.stringify(first)}`);
      return bot;
    },
  };
}

/** The process group of a process; undefined when it has gone. Chromium may have been started by a script: that leads it. */
export async function groupOf(pid: number | string): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(state) ? undefined : Number(group);
  } catch {
    return undefined;
  }
}

/** The processes of a group: process id → command line. */
export async function membersOf(group: number | undefined): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const name of await readdir('/proc')) {
    if (!/^[1-9]/.test(name) || (await groupOf(name)) !== group) continue;
    found.set(Number(name), await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''));
  }
  return found;
}
