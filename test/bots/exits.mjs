// Joins and leaves with the exit code that the options ask for.
import { join } from './wire.mjs';

join();
process.exitCode = JSON.parse(process.env.ROOMD_OPTIONS).code;
