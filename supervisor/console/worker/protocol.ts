import type { Act, Participant } from '../../gateway/api.ts';

/** Which events of those that are watched are listed. All that are given have to fit. */
export interface Filter {
  /** A pattern such as `conversation.**`; absent: every topic. */
  readonly topic?: string;
  /** Text that the event's JSON contains, in any case. */
  readonly text?: string;
}

/** One line of the timeline. Without a topic it says that events are missing there. */
export interface Row {
  /** `EPOCH.OFFSET` */
  readonly position: string;
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly topic: string;
  readonly roomId: string;
  /** What the event says, in one line of plain text. */
  readonly summary: string;
  /** What it means for an operator. */
  readonly tone: 'plain' | 'quiet' | 'good' | 'warn' | 'bad';
}

export type LinkState = 'connecting' | 'live' | 'down' | 'refused';

/** Numbers over time for the charts: as many values in each column as there are times. Times in seconds since 1970. */
export interface Series {
  readonly times: readonly number[];
  readonly columns: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

export type ChartName = 'speaking' | 'topics' | 'violations';

/** A message of a room's chat as it stands now. */
export interface ChatMessage {
  readonly messageId: string;
  readonly participantId: string;
  /** The room's bot has said it. */
  readonly isBot: boolean;
  /** undefined: it was taken back, or kept out. */
  readonly text: string | undefined;
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly edited: boolean;
  /** The room's rules that have masked parts of it, or, where it is no more than that, kept it out. */
  readonly moderated: readonly string[];
  readonly replyTo?: string;
  /** Emoji → ids of those who reacted with it. */
  readonly reactions: Readonly<Record<string, readonly string[]>>;
}

export interface ChatState {
  readonly participants: readonly Participant[];
  /** Id → name of everybody who is or was there. */
  readonly names: Readonly<Record<string, string>>;
  /** Oldest first; the newest 500. */
  readonly messages: readonly ChatMessage[];
  /** Ids of those who are writing. */
  readonly typing: readonly string[];
  /** One's own id; null: only watching. */
  readonly self: string | null;
  /** The room has ended, as whoever was in it or tries to enter is told. */
  readonly ended: boolean;
}

/** A problem as the supervisor words it. */
export interface Refusal {
  readonly title: string;
  readonly detail: string;
  readonly status?: number;
  /** Which problem: `urn:roomd:problem:room-ended`. */
  readonly type?: string;
}

/** What the page asks of its worker. Answers carry the number of their request. */
export type ToWorker =
  | { readonly type: 'connect'; readonly token: string | null }
  /** The events of one room from the oldest that is kept, or of all rooms from now on; what was kept of others goes. */
  | { readonly type: 'watch'; readonly room: string | null }
  | { readonly type: 'filter'; readonly filter: Filter }
  /** The list stands still; events go on being kept. */
  | { readonly type: 'pause'; readonly paused: boolean }
  /** Lines of the filtered list, from the number `from` on, as far as they are still there. */
  | { readonly type: 'rows'; readonly request: number; readonly from: number; readonly count: number }
  /** The newest events of topics that fit the pattern, whatever the filter; newest first. */
  | { readonly type: 'newest'; readonly request: number; readonly topic: string; readonly count: number }
  /** Where the event of that id stands. */
  | { readonly type: 'find'; readonly request: number; readonly id: string }
  /** The whole envelope at a position. */
  | { readonly type: 'envelope'; readonly request: number; readonly position: string }
  | {
      readonly type: 'enter';
      readonly request: number;
      readonly room: string;
      readonly name: string;
      readonly seat?: string;
    }
  | { readonly type: 'act'; readonly request: number; readonly act: Act }
  | { readonly type: 'leave' };

/** What the worker tells the page; lists and series at most ten times a second. */
export type FromWorker =
  | { readonly type: 'link'; readonly state: LinkState; readonly refusal?: Refusal }
  | {
      readonly type: 'timeline';
      /** Changes whenever lines that were given before aren't what they were: another filter, another room. */
      readonly version: number;
      /** Lines that fit the filter have the numbers `first` to `first + count - 1`; the oldest make room, `first` grows. */
      readonly first: number;
      readonly count: number;
      /** The newest lines, so that nobody has to ask for those. */
      readonly tail: { readonly from: number; readonly rows: readonly Row[] };
      /** Events kept here. */
      readonly kept: number;
      /** Lines that came since the list was paused. */
      readonly waiting: number;
      /** Events that the supervisor doesn't keep any more, from between those that are here. */
      readonly missing: boolean;
      /** This page has let older ones go. */
      readonly trimmed: boolean;
      /** All of the past is here. */
      readonly caughtUp: boolean;
      /** Events a second, over the last ten. */
      readonly rate: number;
    }
  /** The topics of what is kept, by name; told when there is a new one. */
  | { readonly type: 'seen'; readonly topics: readonly string[] }
  | { readonly type: 'chart'; readonly name: ChartName; readonly series: Series }
  | { readonly type: 'chat'; readonly chat: ChatState }
  /** Something about a room has changed that is worth asking the supervisor for: its state, its policy. */
  | { readonly type: 'stirred'; readonly roomId: string; readonly topic: string }
  | { readonly type: 'answer'; readonly request: number; readonly ok: true; readonly value: unknown }
  | { readonly type: 'answer'; readonly request: number; readonly ok: false; readonly refusal: Refusal };

/** Values of answers. */
export interface Answers {
  rows: { readonly from: number; readonly rows: readonly Row[] };
  newest: readonly Row[];
  /** null: it isn't here. */
  find: { readonly position: string } | null;
  envelope: { readonly json: string };
  enter: { readonly participantId: string; readonly seat: string };
  act: { readonly messageId?: string };
}
