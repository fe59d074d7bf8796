// Live streams, cut off thousands of times while events flow: whoever reads misses nothing, or is told.
import { conclude, readOptions } from './options.ts';
import { runStreams } from './streams.ts';

const { rounds, seed } = readOptions('soak streams', 3);
const say = (line: string) => console.log(`  ${line}`);
const violations: string[] = [];
for (let round = 0; round < rounds; round++) {
  const base = { seed: seed + round, cuts: 5_000, stalls: 3, say };
  violations.push(...(await runStreams({ ...base, ends: 6 })));
  violations.push(...(await runStreams({ ...base, ends: 0, maxEventsPerRoom: 100 })));
}
conclude('soak streams', violations);
