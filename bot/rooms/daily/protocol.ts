/** What the bot asks of the page in which its call is. Each is answered once, by its `id`. */
export type PageOrder =
  | {
      readonly do: 'join';
      readonly id: number;
      readonly url: string;
      readonly token?: string;
      readonly userName?: string;
      /** From where the client loads what it needs; absent: from where its maker keeps it. */
      readonly bundles?: string;
    }
  /** Data for everybody (`*`) or for one session. */
  | { readonly do: 'send'; readonly id: number; readonly data: unknown; readonly to: string }
  | { readonly do: 'leave'; readonly id: number };

export interface Person {
  /** Of this connection to the call; another one of the same person is another session. */
  readonly sessionId: string;
  readonly userId: string;
  readonly userName: string;
  readonly local: boolean;
}

/** What the page says: how an order went, or what happened in the call. Nothing of it may be believed unseen. */
export type PageReport =
  | { readonly done: number }
  /** `type`: Daily's name of what is wrong, where it gave one. */
  | { readonly failed: number; readonly type: string | null; readonly message: string }
  | { readonly event: CallEvent };

/** An event of the Daily client, cut down to what is needed. */
export type CallEvent =
  | { readonly action: 'joined-meeting'; readonly people: readonly Person[] }
  | { readonly action: 'participant-joined' | 'participant-updated' | 'participant-left'; readonly person: Person }
  | { readonly action: 'active-speaker-change'; readonly sessionId: string | null }
  | { readonly action: 'app-message'; readonly from: string; readonly data: unknown }
  /** `timestamp`: ISO 8601, where there is one. */
  | {
      readonly action: 'transcription-message';
      readonly sessionId: string;
      readonly text: string;
      readonly timestamp: string | null;
    }
  | { readonly action: 'network-connection'; readonly kind: string; readonly event: string }
  | { readonly action: 'error' | 'nonfatal-error'; readonly type: string | null; readonly message: string }
  | { readonly action: 'left-meeting' };
