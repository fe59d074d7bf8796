import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import { Caller } from '../bench.d/caller.ts';
import { RoomsJudge } from './rooms-judge.ts';
import { botsOf, look, nameOf } from './rooms-left.ts';
import { RoomsLife, type RoomsOptions } from './rooms-life.ts';
import { root, Supervisor } from './supervisor.ts';

/** Many rooms in one supervisor: all spawned, many in trouble, all stopped. What should have held and didn't. */
export async function runRooms(options: RoomsOptions): Promise<string[]> {
  const data = mkdtempSync(join(tmpdir(), 'roomd-soak-'));
  writeFileSync(join(data, 'roomd.yaml'), JSON.stringify(configFor(options)));
  const supervisor = new Supervisor(data);
  const judge = new RoomsJudge();
  try {
    const caller = new Caller(await supervisor.serving);
    await new RoomsLife(options, supervisor, data, caller, judge).run();
    const code = await supervisor.end('SIGTERM');
    judge.expect(code === 0, `SIGTERM: expected exit code 0, got ${code}: ${supervisor.lines.join('\n')}`);
    const { bots, folders } = look(supervisor.pid, data);
    judge.expect(bots.length === 0, `processes outlive the supervisor: ${bots.map(nameOf).join(', ')}`);
    judge.expect(folders.length === 0, `folders outlive the supervisor: ${folders.join(', ')}`);
  } finally {
    supervisor.process.kill('SIGKILL');
    await supervisor.exited;
    for (const pid of botsOf(data)) kill(pid);
    rmSync(data, { recursive: true, force: true });
  }
  return judge.violations;
}

/** Whatever the supervisor has left, so that it isn't there for ever. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function configFor({ rooms, warm, heartbeatTimeout }: RoomsOptions): ConfigInput {
  return {
    bots: { default: { warm }, soak: { command: [process.execPath, join(root, 'test/bots/soak-room.mjs')] } },
    rooms: {
      max: rooms,
      idleTimeout: '1h',
      heartbeatTimeout,
      shutdownGrace: '4s',
      restart: { attempts: 3, window: '10m', backoff: { base: '200ms', max: '2s' } },
    },
  };
}
