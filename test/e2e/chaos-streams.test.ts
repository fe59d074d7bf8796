import { expect, it } from 'vitest';
import { runStreams, type StreamsOptions } from '../../scripts/soak.d/streams.ts';

const seed = Number(process.env.ROOMD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

async function run(options: Omit<StreamsOptions, 'seed' | 'say'>): Promise<void> {
  const lines: string[] = [];
  const violations = await runStreams({ ...options, seed, say: (line) => lines.push(line) });
  console.log([`streams: ROOMD_TEST_SEED=${seed}`, ...lines].join('\n'));
  expect(violations, lines.join('\n')).toEqual([]);
}

it('consumers that are cut off 750 times miss nothing and see nothing twice', { timeout: 120_000 }, () =>
  run({ cuts: 750, ends: 1 }),
);

it('consumers that are cut off 250 times where little is kept are told of what they miss', { timeout: 120_000 }, () =>
  run({ cuts: 250, ends: 0, maxEventsPerRoom: 100 }),
);
