import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { treeOf } from '../../scripts/bench.d/process-tree.ts';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import { type Account, openAccount } from '../daily/account.ts';
import { type Client, runDaemon } from '../helpers/daemon.ts';

export interface Rig extends Pick<Account, 'standIn' | 'rest'> {
  /** For a daemon that has these for its Daily. */
  config(daily?: object, more?: ConfigInput): ConfigInput;
}

const KEY = 'TEST_DAILY_KEY';

/** Daily's servers and its call machine, played on this machine; closed with the test. */
export async function startRig(): Promise<Rig> {
  const account = await openAccount();
  onTestFinished(() => account.close());
  const { standIn, rest } = account;
  vi.stubEnv(KEY, rest.key);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    standIn,
    rest,
    config: (daily = {}, more = {}) => ({
      rooms: { restart: { backoff: { base: '1ms', max: '2ms' } } },
      ...more,
      connectors: { daily: { apiKeyEnv: KEY, apiUrl: rest.url, bundles: standIn.bundles, ...daily } },
    }),
  };
}

/** The same with a daemon in this process. */
export async function startDailyDaemon(
  daily: object = {},
  more: ConfigInput = {},
  env: Readonly<Record<string, string>> = {},
) {
  const rig = await startRig();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return { ...rig, roomd: await runDaemon(rig.config(daily, more)) };
}

/** Writes the roomd.yaml of a daemon that is to be a process of its own. */
export async function writeConfig(rig: Rig, data: string, daily: object = {}, more: ConfigInput = {}): Promise<void> {
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(rig.config(daily, more)));
}

/** A room whose bot is in its call. */
export async function joined(roomd: Client, roomId: string, request: Record<string, unknown> = {}): Promise<void> {
  await roomd.spawn(roomId, { connector: 'daily', ...request });
  await roomd.until(roomId, 'assistant.room.join.succeeded');
}

/** Process ids below a daemon: of its browser host, of its browsers, of their pages. */
export function browserProcesses(daemon: number): {
  hosts: number[];
  browsers: number[];
  pages: number[];
  all: number[];
} {
  const hosts = treeOf(daemon).filter((pid) => /browser\/host\/main\.ts|browser-host\.js/.test(argumentsOf(pid)));
  const all = hosts.flatMap(treeOf);
  const isMain = (pid: number) => {
    const text = argumentsOf(pid);
    // Debian's /usr/bin/chromium-headless-shell is a script that waits for the browser.
    return text.includes('--user-data-dir=') && !text.includes('--type=') && !text.startsWith('/bin/sh');
  };
  const main = all.filter(isMain);
  return {
    hosts,
    // What it is about to start is still as it is itself.
    browsers: main.filter((pid) => !main.some((other) => other !== pid && treeOf(other).includes(pid))),
    pages: all.filter((pid) => argumentsOf(pid).includes('--type=renderer')),
    all,
  };
}

function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
