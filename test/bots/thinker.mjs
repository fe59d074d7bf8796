// Hears and says nothing while it thinks: for `ms`, or until the file `until` is there, or else for ever.
import { existsSync } from 'node:fs';
import { beat, onOrder, options, say } from './orders.mjs';
import { join, obey } from './wire.mjs';

join();
beat();
onOrder(say);
obey();
setImmediate(() => {
  const { ms = Number.POSITIVE_INFINITY, until } = options;
  say('thinking');
  const begun = performance.now();
  while (performance.now() - begun < ms && !(until !== undefined && existsSync(until)));
  say('thought');
});
