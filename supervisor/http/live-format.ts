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

/** How a live stream is written. `envelope` is one line of JSON. */
export interface LiveFormat {
  readonly contentType: string;
  hello(hello: Hello): string;
  event(position: string, envelope: string): string;
  gap(gap: Gap): string;
  /** Keeps quiet connections open, and lets both sides notice a dead one. */
  readonly heartbeat: string;
}
