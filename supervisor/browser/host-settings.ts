import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findBrowser } from './find.ts';
import { FROM_OUTSIDE, type HostSettings, type PageFiles } from './host-protocol.ts';
import { pageFiles } from './page-files.ts';

export interface BrowsersOptions {
  /** Absolute; made when it isn't there. What is in it is removed at the start and at the end. */
  readonly folder: string;
  /** Absolute path of Chromium; absent: looked for on the PATH. */
  readonly path?: string | undefined;
  readonly args: readonly string[];
  /** One browser for all pages, or one for each. */
  readonly share: boolean;
  /** Chromium's own; absent: wherever this process isn't root. */
  readonly sandbox?: boolean | undefined;
  /** An address from where the client loads what it needs, where that isn't its maker. */
  readonly bundles?: string | undefined;
  readonly maxPages: number;
  /** Absent: Daily's client and our script, as they are built. */
  readonly files?: PageFiles | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** For the next host: with a folder of its own, which is made. Throws a BrowserError where there is no browser. */
export async function hostSettings(options: BrowsersOptions, socket: string, env: Environment): Promise<HostSettings> {
  const { path, args, share, sandbox, maxPages, bundles, files } = options;
  const browser = findBrowser(path, env.PATH);
  const folder = join(options.folder, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    folder,
    socket,
    browser,
    args,
    share,
    sandbox: sandbox ?? process.getuid?.() !== 0,
    maxPages,
    ...(bundles !== undefined && { bundles }),
    files: files ?? pageFiles(),
  };
}

/** All that a host gets of the environment: whatever it and its browsers write goes into its folder. */
export function hostEnvironment(folder: string, from: Environment): Record<string, string> {
  const env: Record<string, string> = { HOME: folder, TMPDIR: folder };
  for (const name of FROM_OUTSIDE) {
    const value = from[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
