import { v7 } from 'uuid';
import { Bus } from '../../spec/runtime/bus.ts';
import { systemClock } from '../../spec/runtime/clock.ts';

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  onmessage: (event: { data: { specVersion: string } }) => void;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data: { specVersion } }) => {
  const lines: string[] = [];
  const seen: string[] = [];
  const bus = new Bus({
    clock: systemClock,
    specVersion,
    runtime: 'browser',
    newId: () => v7(),
    context: { roomId: 'r' },
    sink: (envelope) => lines.push(JSON.stringify(envelope)),
  });
  bus.subscribe('room.participant.joined', () => {
    throw new Error('a broken subscriber');
  });
  bus.subscribe('room.participant.*', ({ topic }) => seen.push(topic));
  bus.publish('room.participant.joined', { participantId: 'ada', isBot: false });
  const refused = bus.publish('room.participant.joined', { participantId: '', isBot: false });
  bus.publish('room.participant.left', { participantId: 'ada', isBot: false });
  scope.postMessage({
    lines,
    seen,
    replayed: bus.replay('**', 1).map(({ topic }) => topic),
    rejected: refused.ok ? 'nothing' : refused.reason,
    counters: bus.counters,
  });
};
