import type { Envelope } from '../../spec/envelope.ts';
import type { Intake, IntakeDeps } from '../intake/intake.ts';
import type { Log } from '../log/port.ts';
import { LINE_FAULTS } from './line-faults.ts';
import type { RunFolder, RunOrigin } from './run-folder.ts';
import { readSpill, type Spill } from './spill.ts';

const PAGE = 1_000;
/** So much is on its way into the log at a time. */
const SLICE = 250;

export interface Logged {
  /** Those of the spill that the log has. */
  readonly ids: Set<string>;
  /** The run's highest sequence number; 0 when the log keeps nothing of it. */
  readonly seq: number;
}

/** What the log has of a run already: everything its room has there is looked through once. */
export async function findLogged(log: Log, { roomId, runId }: RunOrigin, spill: Spill): Promise<Logged> {
  const left = new Set(spill.lines.flatMap((line) => ('id' in line ? (line.id ?? []) : [])));
  const ids = new Set<string>();
  let seq = 0;
  for (let after = 0; ; ) {
    const page = await log.read({ after, limit: PAGE, roomId });
    for (const { id, json } of page.records) {
      if (left.has(id)) ids.add(id);
      // Far cheaper than to parse every record of the room.
      if (!json.includes(runId)) continue;
      const { meta } = JSON.parse(json) as Envelope;
      if (meta?.runId === runId) seq = Math.max(seq, meta.seq ?? 0);
    }
    if (page.next === after || page.records.length === 0) return { ids, seq };
    after = page.next;
  }
}

/**
 * Takes in what a run's bot has left in its folder, through the intake that `intakeAfter` gives for the run's last
 * number. Resolves with that intake when it is in the log, or with undefined when nothing was left. Rejects when the
 * machine is in trouble, or the log closes first.
 */
export async function takeInLeft(
  folder: RunFolder,
  origin: RunOrigin,
  { log, telemetry }: IntakeDeps,
  intakeAfter: (seq: number) => Intake,
): Promise<Intake | undefined> {
  const spill = await readSpill(folder.spill);
  if (spill === undefined) return undefined;
  if (spill.problem !== undefined) telemetry.spillUnreadable(folder.runId, spill.problem);
  const { ids, seq } = await findLogged(log, origin, spill);
  const intake = intakeAfter(seq);
  telemetry.spillTakenIn(origin.roomId, folder.runId, await takeIn(intake, spill, ids));
  return intake;
}

/**
 * Hands what a bot has left to its run's intake, all but what the log has. Resolves when it is on disk; rejects when
 * the log closes first: then it has to be done again, and nothing comes of that twice.
 */
export async function takeIn(intake: Intake, spill: Spill, logged: ReadonlySet<string>) {
  const rejectedBefore = intake.counts.rejected;
  const known = new Set(logged);
  let given = 0;
  for (const line of spill.lines) {
    if ('fault' in line) {
      intake.reject(line.fault, line.bytes, LINE_FAULTS[line.fault]);
    } else {
      if (line.id !== undefined && known.has(line.id)) continue;
      if (line.id !== undefined) known.add(line.id);
      intake.line(line.line);
    }
    if (++given % SLICE === 0) await intake.settled();
  }
  await intake.settled();
  const rejected = intake.counts.rejected - rejectedBefore;
  return { taken: given - rejected, known: spill.lines.length - given, rejected };
}
