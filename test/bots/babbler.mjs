// Writes so many MiB to stderr, as fast as they are read, and then says so.
import { once } from 'node:events';
import { beat, options, say } from './orders.mjs';
import { join, obey } from './wire.mjs';

join();
beat();
obey();
const line = `${'blah '.repeat(200)}\n`;
for (let bytes = 0; bytes < options.mib * 2 ** 20; bytes += line.length) {
  if (!process.stderr.write(line)) await once(process.stderr, 'drain');
}
say('out of breath');
