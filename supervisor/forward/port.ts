import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge';

export type PutEventsInput = PutEventsCommandInput & { Entries: PutEventsEntry[] };
export type PutEventsEntry = NonNullable<PutEventsCommandInput['Entries']>[number];

/** What became of one entry, or of a whole request. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly eventId: string }
  /** Try again soon. */
  | { readonly kind: 'transient'; readonly reason: string }
  /** Permission, bus, credentials, clock: keep everything and wait for an operator. */
  | { readonly kind: 'hold'; readonly reason: string }
  /** Never deliverable as it is. */
  | { readonly kind: 'poison'; readonly reason: string };

/** Where events go. One contract suite runs over every adapter. */
export interface Target {
  /** For people and for the cursor's key: `dry-run/default`, `eventbridge/REGION/BUS`. */
  readonly name: string;
  /** Sends one request; one outcome an entry, in order. Never rejects. */
  send(input: PutEventsInput, signal: AbortSignal): Promise<Outcome[]>;
  close(): Promise<void>;
}
