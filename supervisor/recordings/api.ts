import type { RecordingHeader } from '../../spec/recording.ts';

/** A recording that is kept. */
export interface RecordingView extends Omit<RecordingHeader, 'version'> {
  readonly name: string;
  readonly bytes: number;
}

export type Stored =
  | { readonly kind: 'stored'; readonly recording: RecordingView; readonly replaced: boolean }
  /** It is no recording; the detail names the line. */
  | { readonly kind: 'invalid'; readonly detail: string }
  /** There is no room for it. */
  | { readonly kind: 'full'; readonly detail: string };

/** Recordings of rooms, by name, each a file that bots may read. */
export interface Recordings {
  /** In the order of their names. */
  list(): Promise<RecordingView[]>;
  /** Keeps it whole or not at all, in place of one of that name. Takes the bytes as fast as they can be written. */
  put(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Stored>;
  /** False when there is none. */
  remove(name: string): Promise<boolean>;
}
