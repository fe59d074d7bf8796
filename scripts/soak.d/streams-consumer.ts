import { type Happening, type Kind, openLink, type Said, type Selection } from './streams-link.ts';
import type { Way } from './streams-proxy.ts';

/** How a connection ends: by the client, on its way, in the middle of something, or by the server. */
export const CUTS = ['drop', 'reset', 'tear', 'flood', 'stall', 'away', 'stop'] as const;
export type Cut = (typeof CUTS)[number];

/** What a consumer remembers: events, and that it was told that some are missing. */
export type Note = { readonly offset: number; readonly event: Happening } | 'missing';

export interface Plan {
  readonly cut: Cut;
  /** So many events come first. */
  readonly after: number;
  /** Of what comes next, when that is torn. */
  readonly share: number;
}

/** To read what lies before the word that it was cut. */
const GRACE_MS = 5_000;

export const offsetOf = (position: string): number => Number(position.split('.')[1]);

/** Keeps its position and goes on from it, however often it is cut off. */
export class Consumer {
  readonly name: string;
  readonly kind: Kind;
  readonly notes: Note[] = [];
  /** What was said and can't be. */
  readonly faults: string[] = [];
  readonly #selection: Selection;
  readonly #way: Way;
  #position = 'end';
  #started: number | undefined;
  #last = Number.POSITIVE_INFINITY;
  #leave: () => void = () => {};

  constructor(kind: Kind, selection: Selection, way: Way) {
    this.kind = kind;
    this.name = `${kind} ${JSON.stringify(selection)}`;
    this.#selection = selection;
    this.#way = way;
  }

  /** Where its first hello was; what lies beyond is its own. */
  get started(): number {
    return this.#started ?? Number.POSITIVE_INFINITY;
  }

  get #reached(): number {
    return this.#position === 'end' ? 0 : offsetOf(this.#position);
  }

  /** Whether it has read all that it has to. */
  get whole(): boolean {
    return this.#reached >= this.#last;
  }

  /**
   * One connection; resolves when it has ended: with the plan's cut, or 'stop' when the server ended it before; with
   * undefined when it didn't even begin. `stalled`: what is waited for while nothing is read.
   */
  connect(plan: Plan | undefined, stalled: () => Promise<void>): Promise<Cut | undefined> {
    return new Promise((resolve) => {
      let left = plan?.after ?? 0;
      let cut: Cut | undefined;
      const link = openLink(this.#way.url, this.kind, this.#selection, this.#position, {
        said: (said) => {
          this.#note(said);
          if (this.whole) return this.#leave();
          if (plan === undefined || (cut !== undefined && cut !== 'stop')) return;
          cut = left-- > 0 ? 'stop' : plan.cut;
          if (cut === 'drop' || cut === 'away') this.#leave();
          else if (cut === 'reset') this.#way.reset();
          else if (cut === 'tear') this.#way.tear(plan.share);
          else if (cut === 'flood') link.flood?.();
          else if (cut === 'stall') {
            this.#way.stall(true);
            void stalled().then(() => {
              this.#way.stall(false);
              // One that wasn't cut after all goes by itself.
              setTimeout(leave, GRACE_MS).unref();
            });
          }
        },
        ended: () => resolve(cut),
      });
      const leave = () => {
        link.drop();
        resolve(cut);
      };
      this.#leave = leave;
      if (this.whole) this.#leave();
    });
  }

  /** It has to read up to there, and then leaves. */
  finish(last: number): void {
    this.#last = last;
    if (this.whole) this.#leave();
  }

  #note({ hello, envelope, gap, cut, position }: Said): void {
    if (hello !== undefined) {
      this.#started ??= offsetOf(position ?? '');
      if (!hello.recovered) this.notes.push('missing');
    }
    if (gap !== undefined) this.notes.push('missing');
    if (envelope !== undefined) this.notes.push({ offset: offsetOf(position ?? ''), event: envelope });
    if (cut !== undefined && offsetOf(cut.position) < this.#reached) {
      this.faults.push(`cut (${cut.reason}) at ${cut.position}, but was at ${this.#position}`);
    }
    // Whoever reads the last word has read all that was written before.
    this.#position = cut?.position ?? position ?? this.#position;
  }
}
