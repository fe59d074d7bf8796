// A gigabyte of events while the target is down: the supervisor's memory stays flat, and afterwards everything arrives.
import { runFlood } from './flood.ts';
import { conclude, readOptions } from './options.ts';

const { rounds } = readOptions('soak flood', 1);
const violations: string[] = [];
for (let round = 0; round < rounds; round++) violations.push(...(await runFlood(1_000, console.log)));
conclude('soak flood', violations);
