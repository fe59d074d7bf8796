/** Where a stream stands when it begins. Offsets belong to the epoch; `position` is where it reads on from. */
export interface Hello {
  readonly epoch: string;
  readonly position: string;
  /** Offset of the oldest event kept. */
  readonly first: number;
  /** Offset of the newest event. */
  readonly last: number;
  /** False when the wanted position can't be resumed: what is missing is gone. */
  readonly recovered: boolean;
}

/** Some events beyond `after`, up to and including `through`, are no longer kept. */
export interface Gap {
  readonly after: string;
  readonly through: string;
}

/** Why the server ends a stream. */
export type CutReason = 'slow' | 'flooding' | 'stopping' | 'failed';

/** The last word of a stream that the server ends. */
export interface Cut {
  readonly reason: CutReason;
  /** Everything up to here was written; what follows can be read from here. */
  readonly position: string;
  /** So many events of the whole log lie beyond. */
  readonly behind: number;
}

/** How what a stream says is worded. `envelope` is one line of JSON. */
export interface Wording {
  hello(hello: Hello): string;
  event(position: string, envelope: string): string;
  gap(gap: Gap): string;
  cut(cut: Cut): string;
  /** What is written for so many of them, one after the other. */
  encode(parts: readonly string[]): Buffer;
}

/** How a live stream is written into the answer to a request. */
export interface LiveFormat extends Wording {
  readonly contentType: string;
  /** Keeps quiet connections open, and lets both sides notice a dead one. */
  readonly heartbeat: string;
}
