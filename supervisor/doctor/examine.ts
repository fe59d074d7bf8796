import { ConfigError, loadConfig } from '../config.ts';

export type { Status } from './api.ts';

import type { Config } from '../config.ts';
import { type Check, type Finding, fail, ok, type Scope, skipped, type World } from './api.ts';
import { assistants } from './assistants.ts';
import { bot } from './bot.ts';
import { browser } from './browser.ts';
import { clock } from './clock.ts';
import { daemon } from './daemon.ts';
import { dailyKey } from './daily-key.ts';
import { data } from './data.ts';
import { eventBridge, putEvents } from './eventbridge.ts';
import { node } from './node.ts';
import { policy } from './policy.ts';
import { discreet, secretsOf } from './secrets.ts';
import { webhooks } from './webhooks.ts';

/** In the order in which they are told. */
const CHECKS: readonly Check[] = [
  data,
  bot,
  clock,
  dailyKey,
  webhooks,
  browser,
  eventBridge,
  putEvents,
  policy,
  assistants,
];
const BOUND_MS = 10_000;
/** What a check may take to put away what it has started. */
const AFTER_MS = 5_000;

export interface Told extends Finding {
  readonly check: string;
}

export interface ExamineOptions {
  /** Absent: `roomd.yaml`, if it is there. */
  readonly file: string | undefined;
  /** The data folder, where it isn't the configured one. */
  readonly data?: string | undefined;
  readonly sendTest: boolean;
  /** Aborts when nobody wants to know any more. */
  readonly signal: AbortSignal;
}

/** Every check at once, each within its time; told one by one, in order. Doesn't throw. */
export async function* examine(world: World, options: ExamineOptions): AsyncGenerator<Told> {
  const read = readConfig(world, options);
  const secrets = secretsOf(world.env, read.config);
  const { config } = read;
  const all: [name: string, finding: Promise<Finding>][] = [
    [node.name, bounded(node, world, options)],
    ['configuration', Promise.resolve(read.finding)],
    ...CHECKS.map((check): [string, Promise<Finding>] => [
      check.name,
      config === undefined
        ? Promise.resolve(skipped('the configuration is not valid'))
        : bounded(check, { ...world, config }, options),
    ]),
    [daemon.name, bounded(daemon, { ...world, ...(config !== undefined && { config }) }, options)],
  ];
  for (const [check, finding] of all) yield { check, ...discreet(await finding, secrets) };
}

function readConfig({ env, cwd }: World, { file, data }: ExamineOptions): { config?: Config; finding: Finding } {
  try {
    return {
      config: loadConfig({ file, env, cwd, flags: { data } }),
      finding: ok(file ?? 'roomd.yaml where it is there, and variables'),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) return { finding: unexpected(error) };
    const { problems } = error;
    const found = `${problems.length} ${problems.length === 1 ? 'fault' : 'faults'}: ${problems.join('; ')}`;
    return { finding: fail(found, 'mend them; `roomd config schema` has everything that is known') };
  }
}

/** Resolves, whatever the check does: with what it found, or with what became of it. */
async function bounded<S extends World>(
  check: { readonly look: (scope: S & Pick<Scope, 'signal' | 'sendTest'>) => Promise<Finding> | Finding },
  scope: S,
  { signal, sendTest }: ExamineOptions,
): Promise<Finding> {
  const end = new AbortController();
  let isLate = false;
  const stop = () => end.abort();
  const overrun = () => {
    isLate = true;
    stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const late = Promise.withResolvers<Finding>();
  const limits = [
    scope.clock.after(BOUND_MS, overrun),
    scope.clock.after(BOUND_MS + AFTER_MS, () => late.resolve(tooLate())),
  ];
  const looked = (async () => check.look({ ...scope, sendTest, signal: end.signal }))().catch(unexpected);
  const finding = await Promise.race([looked, late.promise]);
  for (const limit of limits) limit.cancel();
  signal.removeEventListener('abort', stop);
  // What it says for having been ended isn't the reason.
  return isLate ? tooLate() : finding;
}

function tooLate(): Finding {
  return fail(
    `expected an answer within ${BOUND_MS / 1_000} s, got none`,
    'look at the network and the load of the machine',
  );
}

/** Messages may quote anything. */
function unexpected(error: unknown): Finding {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return fail(`unexpected error (${String(code ?? name ?? 'unknown')})`, 'please report it');
}
