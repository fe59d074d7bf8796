import { expect, it } from 'vitest';
import { runRooms } from '../../scripts/soak.d/rooms.ts';

it.skipIf(process.platform !== 'linux')(
  'rooms of every kind, all at once: each end has its reason, and nothing is left',
  { timeout: 120_000 },
  async () => {
    const seed = Number(process.env.ROOMD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`rooms: ROOMD_TEST_SEED=${seed}`);
    const lines: string[] = [];
    const options = { rooms: 40, seed, warm: 2, heartbeatTimeout: '12s', beats: 1 };
    const violations = await runRooms({ ...options, say: (line) => lines.push(line) });
    expect(violations, lines.join('\n')).toEqual([]);
  },
);
