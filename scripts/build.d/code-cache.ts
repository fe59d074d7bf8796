import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Command } from '../../spec/command.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';

/**
 * The bot's script → V8's code for it, with every function that a stay in a room goes through: the bot is run once, in
 * a process of its own. Rejects when it doesn't end with 0.
 */
export async function makeCode(script: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'roomd-build-'));
  try {
    const files = { script: join(folder, 'bot.js'), code: join(folder, 'code'), policy: join(folder, 'policy.json') };
    const policy = {};
    await writeFile(files.script, script);
    const snapshot = { policyVersion: sha256(canonicalJson(policy)), layers: ['defaults'], policy };
    await writeFile(files.policy, JSON.stringify(snapshot));
    await liveOnce(files.script, files.code, { ROOMD_WARM: '1', BOT_POLICY_PATH: files.policy }, folder);
    return await readFile(files.code);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A waiting bot gets a room, is told everything that there is to tell, and leaves. */
async function liveOnce(script: string, code: string, env: Record<string, string>, cwd: string): Promise<void> {
  const runner = fileURLToPath(new URL('code-cache-runner.cjs', import.meta.url));
  const bot = spawn(process.execPath, [runner, script, code], {
    env,
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const exited = once(bot, 'exit') as Promise<[number | null, string | null]>;
  const tell = (command: Command) => bot.stdin.write(`${JSON.stringify(command)}\n`);
  createInterface({ input: bot.stdout }).on('line', (line) => {
    const { id, topic } = JSON.parse(line) as { id: string; topic: string };
    if (topic === 'bot.health.heartbeat')
      tell({ type: 'assign', env: { ROOMD_ROOM_ID: 'build', ROOMD_RUN_ID: 'build' } });
    if (topic === 'assistant.session.started') {
      tell({ type: 'ack', through: id });
      tell({ type: 'app_message', text: 'Built' });
      tell({ type: 'shutdown', reason: 'built', deadlineMs: 1_000 });
    }
  });
  const [exitCode, signal] = await exited;
  if (exitCode !== 0) throw new Error(`the bot: expected it to end with 0, got ${exitCode ?? signal}`);
}
