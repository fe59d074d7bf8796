import type { AssistantRecord } from '../assistants/api.ts';
import type { RoomRequest, RoomView, StopReason } from './api.ts';
import type { Restriction } from './enforcement/policy-in-force.ts';

/** What is kept of a running room so that another supervisor can bring it back, or say why it ended. */
export interface Resumable {
  /** As it was asked for. */
  readonly request: RoomRequest;
  /** What was found of its assistant; absent where nobody was asked, and in what an older roomd wrote. */
  readonly assistant?: AssistantRecord | undefined;
  /** Of its runs so far, the newest last. */
  readonly runIds: readonly string[];
  /** Why it was told to end, if it was. */
  readonly stopping: StopReason | null;
  /** What the ladder has added to its policy; absent in what an older roomd wrote. */
  readonly restrictions?: readonly Restriction[];
}

/** What a room that is brought back has behind it. */
export interface Past extends Pick<RoomView, 'attempt' | 'startedAt' | 'lastEventAt' | 'counts'> {
  readonly runIds: readonly string[];
  readonly restrictions: readonly Restriction[];
  /** Resolves when nothing of its last bot is left. */
  readonly gone: Promise<void>;
}

/** Where it is kept while the room runs. It holds the request's options as they are, secrets included. */
export function resumeKey(roomId: string): string {
  return `resume/${roomId}`;
}
