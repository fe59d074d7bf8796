import { effect, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { systemClock, type Timer } from '../../../spec/runtime/clock.ts';
import { call, refusalOf } from '../api.ts';
import { link, stirred } from '../live.ts';
import { token } from '../session.ts';
import type { Refusal } from '../worker/protocol.ts';

/** What has stirred tells of more to come: asked once for all of it. */
const SETTLE_MS = 150;

export interface Polled<T> {
  /** The newest answer; undefined: none yet. */
  readonly value: T | undefined;
  /** Why the last try failed. */
  readonly refusal: Refusal | undefined;
  readonly refresh: () => void;
}

type Stirred = { readonly roomId: string; readonly topic: string };

/**
 * Asks the supervisor again every `ms` as long as the page is visible, and soon after something has stirred that
 * `wakes` says is of interest, and when the link is back. `path` null: nothing to ask.
 */
export function usePolled<T>(path: string | null, ms: number, wakes: (stirred: Stirred) => boolean): Polled<T> {
  const answer = useSignal<{ path: string | null; value?: T; refusal?: Refusal }>({ path });
  const turn = useSignal(0);

  useEffect(() => {
    if (path === null) return undefined;
    let over = false;
    let timer: Timer | undefined;
    let isSoon = false;
    let asked = 0;
    const again = (delay: number) => {
      timer?.cancel();
      timer = systemClock.after(delay, ask);
    };
    const ask = () => {
      timer?.cancel();
      isSoon = false;
      if (document.visibilityState === 'hidden') return;
      const number = ++asked;
      const settle = (next: typeof answer.value) => {
        // An answer to an earlier question may come later.
        if (over || number !== asked) return;
        answer.value = next;
        if (!isSoon) again(ms);
      };
      call<T>('GET', path).then(
        (value) => settle({ path, value }),
        (error: unknown) => {
          const { value, path: before } = answer.peek();
          settle({ path, refusal: refusalOf(error), ...(before === path && value !== undefined && { value }) });
        },
      );
    };
    const onVisible = () => {
      if (document.visibilityState === 'visible') ask();
    };
    document.addEventListener('visibilitychange', onVisible);
    ask();
    let known = stirred.peek();
    let wasLive = link.peek().state === 'live';
    const ignore = effect(() => {
      const isLive = link.value.state === 'live';
      const news = stirred.value;
      const woken = news !== null && news !== known && wakes(news);
      if (!isSoon && (woken || (isLive && !wasLive))) {
        isSoon = true;
        again(SETTLE_MS);
      }
      known = news;
      wasLive = isLive;
    });
    return () => {
      over = true;
      timer?.cancel();
      ignore();
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path, ms, turn.value, token.value]);

  const mine = answer.value.path === path ? answer.value : { path };
  // That nobody answers is said at the top already.
  const isKnown = mine.refusal?.status === 0 && link.value.state === 'down';
  return {
    value: mine.value,
    refusal: isKnown ? undefined : mine.refusal,
    refresh: () => {
      turn.value++;
    },
  };
}
