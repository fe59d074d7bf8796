import type { Clock } from '../../spec/runtime/clock.ts';
import { newId } from '../base/ids.ts';
import type { Publish } from '../base/publish.ts';
import type { Log } from '../log/port.ts';
import { Stamper } from './stamper.ts';

/** Events about the supervisor itself: a run of their own, and no room. */
export function createJournal(log: Log, clock: Clock): Publish {
  const stamper = new Stamper({ runId: newId() });
  return (topic, payload) => {
    // It rejects only when the log closes first; then there is nobody left to tell.
    log.append([stamper.own(topic, payload, clock.now())]).catch(() => {});
  };
}
