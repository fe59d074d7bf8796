/** One event on its way into the log. */
export interface Entry {
  /** Empty for an event about the supervisor itself. */
  readonly roomId: string;
  readonly topic: string;
  readonly id: string;
  /** Milliseconds since 1970: the publisher's clock. */
  readonly ts: number;
  /** Milliseconds since 1970: the supervisor's clock. */
  readonly receivedAt: number;
  /** The whole stamped envelope, one line of JSON. */
  readonly json: string;
}

/** One committed event. Offsets grow by one from 1 and are never used twice within an epoch. */
export interface LogRecord extends Entry {
  readonly offset: number;
}

/** Small JSON documents that commit together with events: cursors, room views. null deletes. */
export type Documents = Readonly<Record<string, unknown>>;

/** Which of the documents of a prefix, in the order of their keys. */
export interface DocumentRange {
  /** Only keys beyond this one. */
  readonly after?: string;
  /** At most so many; absent: all. */
  readonly limit?: number;
}

export interface ReadQuery {
  /** Exclusive; 0 is the beginning. */
  readonly after: number;
  /** At most so many records are examined: of the room, when one is named. A page of large records may hold fewer. */
  readonly limit: number;
  readonly roomId?: string;
  /** Keeps records whose topic passes; the others count as examined. */
  readonly topic?: (topic: string) => boolean;
}

export interface Page {
  readonly records: readonly LogRecord[];
  /**
   * The last offset examined: go on from here. The end of the log when nothing more matches the room; equals `after`
   * when there was nothing to examine.
   */
  readonly next: number;
  /**
   * Something between `after` and `next` is no longer kept. Of a room: something beyond `after`, which may lie beyond
   * `next` too, for its telemetry goes from among what stays.
   */
  readonly gap: boolean;
}

/** The only truth: everything else reads from it, by position. One contract suite runs over every adapter. */
export interface Log {
  /** Names this history; survives restarts, changes when the history is lost. No dot in it. */
  readonly epoch: string;
  /** Offset of the newest committed record; 0 when there is none. */
  readonly last: number;
  /** Records that were appended and aren't committed yet, and the length of their JSON. */
  readonly pending: { readonly records: number; readonly bytes: number };
  /**
   * Why commits fail at the moment, or undefined when they don't: appends wait and are retried. Or why what is
   * committed would be lost: each trim looks whether the log's files are still in their place.
   */
  readonly problem: string | undefined;

  /**
   * Queues entries and documents, in order; resolves with the offset of the last entry when all are on disk.
   * Entries and documents of one call commit together or not at all. A failing disk delays it; it rejects, with
   * LogClosedError, only when the log ends before the commit.
   * While the disk is full, documents without entries overtake the entries that wait, unless one of these brings a
   * document of the same key; they resolve with the offset of the newest committed record.
   */
  append(entries: readonly Entry[], documents?: Documents): Promise<number>;
  read(query: ReadQuery): Promise<Page>;
  /** Resolves as soon as `last` is beyond `after`, when the signal aborts, or when the log ends. */
  changed(after: number, signal: AbortSignal): Promise<void>;
  /** The newest record of a room. */
  newest(roomId: string): Promise<LogRecord | undefined>;
  /** The offset before the first record received at or after `time`. */
  offsetBefore(time: number): Promise<number>;
  /** The offset of the oldest record kept; last + 1 when there is none. */
  first(): Promise<number>;
  document(key: string): Promise<unknown>;
  /** The documents whose key begins with the prefix, or a page of them, in the order of their keys (as UTF-8). */
  documents(prefix: string, range?: DocumentRange): Promise<Map<string, unknown>>;
  /** Forgets old records, see Retention; returns how many. Rejects when the disk fails: call again later. */
  trim(retention: Retention): Promise<number>;
  /**
   * Commits what is pending, then closes; while commits fail it tries once more, on a full disk the documents without
   * entries on their own too, then gives up. Idempotent.
   */
  close(): Promise<void>;
}

export interface Retention {
  /** Authoritative ones; the newest stay. */
  readonly maxEventsPerRoom: number;
  /** Telemetry, which is counted by itself and so pushes nothing else out. Absent: no bound. */
  readonly maxTelemetryPerRoom?: number | undefined;
  /** Records received before this time go, read or not. Milliseconds since 1970. */
  readonly before: number;
  /** The caps per room trim nothing beyond this offset: the forwarder hasn't passed it. */
  readonly passed: number;
  /**
   * When the records take more than this, the oldest go, passed or not, until it is at most 90 % of it. Bytes that are
   * in use; documents don't count, and never go. Absent: no bound.
   */
  readonly maxBytes?: number | undefined;
}
