// Repeats what it is told.
import { beat, onOrder, say } from './orders.mjs';
import { join, obey } from './wire.mjs';

join();
beat();
onOrder(say);
obey();
