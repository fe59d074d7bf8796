import type { DocumentRange, Retention } from './port.ts';

/** What the main thread and the worker that owns the database say to each other. */

export interface StoreOptions {
  readonly file: string;
  /** Upper bound of the database's size. */
  readonly maxPages?: number;
  /** Bytes on disk to be freed when it is full; 0: none. */
  readonly ballast: number;
}

export interface Opened {
  readonly epoch: string;
  readonly last: number;
  /** Bytes of ballast that are there. */
  readonly ballast: number;
}

/** Records by column: copied between threads three times faster than one object a record. Offsets have no hole. */
export interface Columns {
  readonly rooms: readonly string[];
  readonly topics: readonly string[];
  readonly ids: readonly string[];
  readonly ts: readonly number[];
  readonly receivedAt: readonly number[];
  readonly json: readonly string[];
}

export interface CommitRequest extends Columns {
  /** 1 for telemetry, 0 for what is authoritative. */
  readonly telemetry: readonly number[];
  /** Offset of the first record; the others follow without a hole. */
  readonly first: number;
  readonly documents: readonly (readonly [key: string, text: string | null])[];
}

export interface ReadRequest {
  readonly after: number;
  readonly limit: number;
  readonly roomId: string | undefined;
}

export interface ReadReply extends Columns {
  readonly offsets: readonly number[];
  readonly next: number;
  readonly gap: boolean;
}

/** One step of a trim, which is many small ones so that commits get in between. */
export interface TrimReply {
  /** Of the records that are gone. */
  readonly offsets: readonly number[];
  /** How many of them were telemetry. */
  readonly telemetry: number;
  readonly done: boolean;
}

export interface Calls {
  readonly commit: { readonly request: CommitRequest; readonly reply: null };
  readonly read: { readonly request: ReadRequest; readonly reply: ReadReply };
  readonly newest: { readonly request: string; readonly reply: ReadReply };
  readonly first: { readonly request: null; readonly reply: number };
  readonly offsetBefore: { readonly request: number; readonly reply: number };
  readonly documents: {
    readonly request: { readonly key: string } | ({ readonly prefix: string } & DocumentRange);
    readonly reply: [string, string][];
  };
  readonly trim: { readonly request: Retention | undefined; readonly reply: TrimReply };
  /** Why the files aren't in their place any more; null when they are. */
  readonly displaced: { readonly request: null; readonly reply: string | null };
  readonly close: { readonly request: null; readonly reply: null };
}

export interface Call<K extends keyof Calls = keyof Calls> {
  readonly number: number;
  readonly kind: K;
  readonly request: Calls[K]['request'];
}

export type Answer =
  | { readonly opened: Opened }
  | { readonly refused: string }
  /** The ballast was freed or made again: so many bytes are there now. */
  | { readonly ballast: number }
  | { readonly number: number; readonly reply: Calls[keyof Calls]['reply'] }
  | { readonly number: number; readonly error: string; readonly full: boolean };
