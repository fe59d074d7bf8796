import type { PutEventsCommandInput } from '@aws-sdk/client-eventbridge';

export type PutEventsInput = PutEventsCommandInput & { Entries: PutEventsEntry[] };
export type PutEventsEntry = NonNullable<PutEventsCommandInput['Entries']>[number];

/** What became of one entry. Each class says what to do next. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly eventId: string }
  /** This entry failed for now: send it again soon. */
  | { readonly kind: 'transient'; readonly reason: string }
  /** The target or the way to it failed, with the whole request: send everything again, one probe at a time. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** Permission, bus, credentials, clock: keep everything and wait for an operator. */
  | { readonly kind: 'hold'; readonly reason: string }
  /** The whole request was refused for something in it: halve it to find out what. Never for a single entry. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Never deliverable as it is. */
  | { readonly kind: 'poison'; readonly reason: string };

/** Whether there is something behind the address that events are sent to. */
export type Presence =
  /** `identity` changes when it was deleted and made anew. */
  | { readonly kind: 'there'; readonly identity: string }
  | { readonly kind: 'missing'; readonly reason: string }
  /** Can't be told: for now, or for want of a permission. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly denied: boolean };

/** Where events go. One contract suite runs over every adapter. */
export interface Target {
  /** For people and for the cursor's key: `dry-run/default`, `eventbridge/REGION/BUS`. */
  readonly name: string;
  /** Sends one request; one outcome an entry, in order. Never rejects. */
  send(input: PutEventsInput, signal: AbortSignal): Promise<Outcome[]>;
  /** For targets that answer success though nobody is there. Never rejects. */
  check?(signal: AbortSignal): Promise<Presence>;
  close(): Promise<void>;
}
