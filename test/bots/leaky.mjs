// Takes `mib` MiB of memory, and `more` when it is told to; its second attempt takes all at once. With `child` another
// process takes as much as it does.
import { spawn } from 'node:child_process';
import { attempt, beat, onOrder, options, say } from './orders.mjs';
import { join, obey } from './wire.mjs';

const held = [];
// Every page is touched.
const take = (mib) => held.push(Buffer.alloc(mib * 2 ** 20, 1));
join();
beat();
obey();
onOrder(() => take(options.more));
take(options.mib);
if (options.more !== undefined && attempt > 1) take(options.more);
if (options.child) {
  const script = `const held = Buffer.alloc(${options.mib} * 2 ** 20, 1); setInterval(() => held, 1e6);`;
  spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
}
say('full');
