import { expect, it } from 'vitest';
import { newId } from '../../../supervisor/base/ids.ts';
import { findLogged } from '../../../supervisor/room/take-in.ts';
import { newLog } from '../forward/rig.ts';

it('numbers of another run that speaks of this one are not its own', async () => {
  const log = newLog();
  const runId = newId();
  const record = (run: string, seq: number, payload = {}) => ({
    roomId: 'blue',
    topic: 'room.dominance.score',
    id: newId(),
    ts: 1,
    receivedAt: 1,
    json: JSON.stringify({ payload, meta: { runId: run, seq } }),
  });
  await log.append([record(runId, 7), record(newId(), 99, { text: runId })]);
  expect(await findLogged(log, { roomId: 'blue', runId }, { lines: [] })).toMatchObject({ seq: 7 });
});
