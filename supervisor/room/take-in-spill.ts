import type { Turn } from '../base/turn.ts';
import { Intake, type IntakeDeps } from '../intake/intake.ts';
import type { RunFolder, RunOrigin } from './run-folder.ts';
import { isPassing } from './spill.ts';
import { takeInLeft } from './take-in.ts';

export interface TakeInSpillDeps extends IntakeDeps {
  /** Shared with the runs of this supervisor: what bots have left is read by one at a time. */
  readonly takingIn: Turn;
}

/**
 * What the bot of an earlier supervisor's run has left, in its turn. Resolves when it is in the log, or can never be:
 * that is told. Rejects when the machine is in trouble, or the log closes first.
 */
export async function takeInSpill(folder: RunFolder, deps: TakeInSpillDeps): Promise<void> {
  let origin: RunOrigin;
  try {
    origin = await folder.origin();
  } catch (error) {
    if (isPassing(error)) throw error;
    deps.telemetry.spillUnreadable(folder.runId, `nobody knows whose run it was: ${(error as Error).message}`);
    return;
  }
  await deps.takingIn.take(() => takeInOf(folder, origin, deps));
}

async function takeInOf(folder: RunFolder, origin: RunOrigin, deps: TakeInSpillDeps): Promise<void> {
  // Nobody listens: whatever is told here, the room that it was told of has ended.
  const listener = { onEnvelope() {}, onPressure() {}, onCommitted() {} };
  const intake = await takeInLeft(folder, origin, deps, (seq) => new Intake(deps, origin, listener, seq));
  intake?.finish();
  await intake?.settled();
}
