// Joins and then never says anything again, alive though it is.
import { join } from './wire.mjs';

join();
process.stdin.resume();
setInterval(() => {}, 1000);
