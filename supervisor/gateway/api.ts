/** Somebody in a local room. */
export interface Participant {
  readonly participantId: string;
  readonly name: string;
  readonly isBot: boolean;
  readonly presence: 'here' | 'away';
}

/** What somebody in a room may do. Ids of messages are those that the events about them have. */
export type Act =
  | { readonly type: 'say'; readonly text: string; readonly replyTo?: string | undefined }
  | { readonly type: 'edit'; readonly messageId: string; readonly text: string }
  | { readonly type: 'delete'; readonly messageId: string }
  | { readonly type: 'react' | 'unreact'; readonly messageId: string; readonly emoji: string }
  | { readonly type: 'typing' }
  | { readonly type: 'presence'; readonly presence: 'here' | 'away' }
  | { readonly type: 'rename'; readonly name: string };

/** Why not: kept out by the room's own rules, or refused. `detail`: what was expected, never what somebody said. */
export type NotDone =
  | { readonly kind: 'dropped'; readonly rules: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: Refused; readonly detail: string };

/** Done, and on disk; `messageId` of what was said. */
export type Done = { readonly kind: 'done'; readonly messageId?: string } | NotDone;

export type Refused =
  | 'no-room'
  | 'not-local'
  | 'ended'
  | 'full'
  | 'not-yours'
  | 'no-message'
  | 'invalid'
  | 'too-many'
  | 'busy';

/** Somebody's place in a room, for as long as one connection lasts. */
export interface Place {
  readonly kind: 'place';
  readonly participantId: string;
  /** Whoever shows it again takes this place again, under the same id, also after the supervisor's restart. */
  readonly seat: string;
  /** Who is there now, oneself included. */
  readonly participants: readonly Participant[];
  /** Resolves when the room has ended, or the supervisor stops. */
  readonly over: Promise<void>;
  act(act: Act): Promise<Done>;
  /** Leaves the room at once, unless the seat is taken by another connection too. Idempotent. */
  leave(): Promise<void>;
  /** The connection is gone: leaves the room unless the seat is taken again soon. Idempotent. */
  lost(): void;
}

/** The local rooms: chat rooms that the supervisor serves itself. */
export interface Gateway {
  /** A `seat` that isn't one of this room is as good as none. */
  enter(roomId: string, who: { readonly name: string; readonly seat?: string | undefined }): Promise<Place | NotDone>;
  /**
   * Who is in that room, in the order of their coming, when all is known that its log has by now; undefined where there
   * is no running local room of that id.
   */
  participants(roomId: string): Promise<readonly Participant[] | undefined>;
}
