// Hundreds of rooms in one supervisor: spawned at once, living, crashing, stopped; nothing may be left of them.
import { printMachine } from '../bench.d/table.ts';
import { conclude, readOptions } from './options.ts';
import { runRooms } from './rooms.ts';

const { rounds, seed } = readOptions('soak rooms', 1);
const violations: string[] = [];
for (let round = 0; round < rounds; round++) {
  printMachine(`round ${round + 1}`);
  const options = { rooms: 500, seed: seed + round, warm: 8, heartbeatTimeout: '45s', beats: 2 };
  violations.push(...(await runRooms({ ...options, say: (line) => console.log(`  ${line}`) })));
}
conclude('soak rooms', violations);
