// Told to leave, it does so with the exit code, or by the signal, that its options name.
import { options } from './orders.mjs';
import { join } from './wire.mjs';

const { how } = options;
const quit = () => (typeof how === 'number' ? process.exit(how) : process.kill(process.pid, how));
join();
process.stdin.on('data', (chunk) => {
  if (chunk.includes('"shutdown"')) quit();
});
process.stdin.on('end', quit);
