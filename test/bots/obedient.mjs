// Joins, says nothing wrong, leaves when told.
import { join, obey } from './wire.mjs';

join();
obey();
