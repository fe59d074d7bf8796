import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Envelope } from '../../spec/envelope.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';
import { testFolder } from '../helpers/bot-process.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** A copy of the bot as it was built; the paths of its parts. */
export function builtBot(folder: string = testFolder()) {
  const names = readdirSync(dist).filter((name) => name.startsWith('bot'));
  for (const name of names) copyFileSync(join(dist, name), join(folder, name));
  const part = (end: string) => join(folder, names.find((name) => name.endsWith(end)) ?? end);
  return { folder, start: join(folder, 'bot.cjs'), script: part('.js'), code: part('.code') };
}

export interface Life {
  readonly code: number | null;
  readonly events: readonly Envelope[];
  readonly stderr: string;
  /** The reason that the bot gave for its end. */
  readonly last: string | undefined;
}

export interface LifeOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The run's folder, as the supervisor names it; it is made. */
  readonly folder?: string;
  /** Don't tell it to leave. */
  readonly stay?: boolean;
  /** What happens once it has begun, instead of being told to leave. */
  readonly begun?: (child: ReturnType<typeof spawn>) => void;
}

/** Starts a bot's command in a folder of its own, tells it to leave once it has begun, and waits for its end. */
export async function liveOnce([program = '', ...args]: readonly string[], options: LifeOptions = {}): Promise<Life> {
  const { folder = join(testFolder(), 'run'), env = {}, stay = false, begun } = options;
  mkdirSync(folder, { recursive: true });
  const policyPath = join(folder, 'policy.json');
  writeFileSync(policyPath, JSON.stringify({ policyVersion: sha256(canonicalJson({})), layers: ['-'], policy: {} }));
  const own = { ROOMD_ROOM_ID: 'blue', ROOMD_RUN_ID: 'run-1', BOT_POLICY_PATH: policyPath };
  const child = spawn(program, args, { cwd: folder, env: { ...own, ...env }, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const events: Envelope[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as Envelope;
    events.push(event);
    if (event.topic !== 'assistant.session.started' || stay) return;
    if (begun) begun(child);
    else child.stdin.write(`${JSON.stringify({ type: 'shutdown', reason: 'requested', deadlineMs: 10_000 })}\n`);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const ended = events.find(({ topic }) => topic === 'assistant.session.ended')?.payload as { reason?: string };
  return { code, events, stderr, last: ended?.reason };
}
