import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Command } from '../../spec/command.ts';
import type { Envelope } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import type { ConversationPolicy } from '../../spec/policy.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder that goes with the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'roomd-bot-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Bundles an entry of the repository the way the real bot is bundled; the path of the outcome. */
export function bundle(entry: string, folder: string): string {
  const outfile = join(folder, 'bundle.cjs');
  const options = { bundle: true, platform: 'node', target: 'node24', format: 'cjs', minify: true } as const;
  buildSync({ ...options, entryPoints: [join(root, entry)], outfile, logLevel: 'warning' });
  return outfile;
}

export interface BotOptions {
  readonly policy?: ConversationPolicy;
  readonly env?: Record<string, string | undefined>;
  /** Before the bundle on Node's command line. */
  readonly nodeArguments?: readonly string[];
  readonly entry?: string;
  /** Don't read standard output until `read()`. */
  readonly stalled?: boolean;
}

/** A real bot as a child process, as the supervisor would start it. */
export class BotProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly events: Envelope[] = [];
  /** Characters read from standard output. */
  bytes = 0;
  stderr = '';
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly #watchers = new Set<() => void>();
  #closed = false;

  constructor(options: BotOptions = {}) {
    const folder = testFolder();
    const policyPath = join(folder, 'policy.json');
    const policy = options.policy ?? {};
    const policyVersion = sha256(canonicalJson(policy));
    writeFileSync(policyPath, JSON.stringify({ policyVersion, layers: ['defaults'], policy }));
    const env: Record<string, string | undefined> = {
      ROOMD_ROOM_ID: 'blue',
      ROOMD_RUN_ID: 'run-1',
      ROOMD_ATTEMPT: '1',
      ROOMD_CONNECTOR: 'local',
      ROOMD_OPTIONS: '{}',
      BOT_POLICY_PATH: policyPath,
      ...options.env,
    };
    const script = bundle(options.entry ?? 'bot/main.ts', folder);
    this.child = spawn(process.execPath, [...(options.nodeArguments ?? []), script], { env, stdio: 'pipe' });
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
      this.#changed();
    });
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        this.#closed = true;
        resolve({ code, signal });
        this.#changed();
      });
    });
    onTestFinished(() => void this.child.kill('SIGKILL'));
    if (!options.stalled) this.read();
  }

  read(): void {
    let rest = '';
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.bytes += chunk.length;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.events.push(JSON.parse(line) as Envelope);
      this.#changed();
    });
  }

  send(command: Command | string): void {
    this.child.stdin.write(`${typeof command === 'string' ? command : JSON.stringify(command)}\n`);
  }

  topics(): string[] {
    return this.events.map(({ topic }) => topic);
  }

  payloads<T extends TopicId>(topic: T): TopicPayloads[T][] {
    return this.events.filter((event) => event.topic === topic).map(({ payload }) => payload as TopicPayloads[T]);
  }

  /** Resolves when something is so; rejects when the process has ended and it isn't. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const met = condition();
        if (!met && !this.#closed) return;
        this.#watchers.delete(check);
        if (met) resolve();
        else reject(new Error(`the bot ended before ${condition}: ${this.stderr}`));
      };
      this.#watchers.add(check);
      check();
    });
  }

  seen(topic: TopicId): Promise<void> {
    return this.until(() => this.events.some((event) => event.topic === topic));
  }

  #changed(): void {
    for (const check of [...this.#watchers]) check();
  }
}
