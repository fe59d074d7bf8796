import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { DeadLetter, DeadLetterPage } from '../../forward/api.ts';
import { call, refusalOf } from '../api.ts';
import type { Refusal } from '../worker/protocol.ts';

const PAGE = 50;
/** The supervisor lists so many at a time. */
const MAX_LISTED = 1_000;

export interface LetterFilter {
  readonly roomId?: string;
  readonly topic?: string;
  readonly reason?: string;
}

export interface Letters {
  readonly list: readonly DeadLetter[];
  /** There are more. */
  readonly more: boolean;
  readonly loading: boolean;
  readonly refusal: Refusal | undefined;
  loadMore(): void;
  /** From the beginning, with the same filter, as many as are listed now. */
  reload(): void;
}

/** Dead letters that meet a filter, a page at a time. */
export function useLetters(filter: LetterFilter): Letters {
  const state = useSignal<Omit<Letters, 'loadMore' | 'reload'> & { next: string }>(EMPTY);
  /** An answer to an earlier question comes too late. */
  const asked = useRef(0);
  const load = async (from: string, before: readonly DeadLetter[], limit = PAGE) => {
    const question = ++asked.current;
    state.value = { ...state.value, loading: true };
    const query = new URLSearchParams({ from, limit: String(limit), ...filter });
    const next = await call<DeadLetterPage>('GET', `/v1/dead-letters?${query}`).then(
      (page) => ({
        list: [...before, ...page.deadLetters],
        next: page.next,
        more: page.deadLetters.length === limit,
        loading: false,
        refusal: undefined,
      }),
      (error: unknown) => ({ ...state.value, loading: false, refusal: refusalOf(error) }),
    );
    if (question === asked.current) state.value = next;
  };
  const reload = () => void load('', [], Math.min(MAX_LISTED, Math.max(PAGE, state.peek().list.length)));
  useEffect(() => void load('', []), [JSON.stringify(filter)]);
  const { next, ...shown } = state.value;
  return { ...shown, reload, loadMore: () => void load(next, shown.list) };
}

const EMPTY = { list: [], next: '', more: false, loading: true, refusal: undefined };
