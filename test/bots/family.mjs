// Has two children in sessions of their own, who know of their run by their environment (`marked`) or don't. The second is
// an orphan in the former case. Ends as it is told.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beat, onOrder, options, say } from './orders.mjs';
import { join, obey } from './wire.mjs';

const env = options.marked ? process.env : { PATH: process.env.PATH };
const stubborn = spawn('/bin/sh', ['-c', 'trap "" TERM HUP; while :; do sleep 1; done'], {
  env,
  detached: true,
  stdio: 'ignore',
});
const script = `setsid sleep 100000 <&- >&- 2>&- & echo $!${options.marked ? '' : '; wait'}`;
const parent = spawn('/bin/sh', ['-c', script], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
const [pid] = await once(parent.stdout.setEncoding('utf8'), 'data');
parent.stdout.destroy();
for (const child of [stubborn, parent]) child.unref();

const ends = {
  done: () => process.exit(0),
  crash() {
    throw new Error('no luck today');
  },
};
join();
beat();
onOrder((order) => ends[order]());
obey();
say(`children-${stubborn.pid}-${pid.trim()}`);
