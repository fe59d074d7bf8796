import type { Io } from './io.ts';

export const SORT_KEYS = ['memory', 'cpu', 'events', 'name'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export type Action = { readonly sort: SortKey } | 'all' | 'quit';

const ACTIONS: Readonly<Record<string, Action>> = {
  m: { sort: 'memory' },
  c: { sort: 'cpu' },
  e: { sort: 'events' },
  n: { sort: 'name' },
  a: 'all',
  q: 'quit',
  // The keyboard is read raw: Ctrl-C and Ctrl-D come as characters.
  '\u0003': 'quit',
  '\u0004': 'quit',
};

/**
 * Calls back for each key that means something; returns what gives the keyboard back. Where there is no keyboard, nothing
 * happens: Ctrl-C is a signal then.
 */
export function listenToKeys(input: Io['input'], act: (action: Action) => void): () => void {
  if (input?.isTTY !== true) return () => undefined;
  const read = (chunk: Buffer | Error) => {
    const text = String(chunk);
    // Arrows and other keys come as sequences, which end in letters of no meaning here.
    if (text.startsWith('\u001b')) return;
    for (const key of text) {
      const action = ACTIONS[key];
      if (action !== undefined) act(action);
    }
  };
  // Never taken away: a terminal that is gone refuses to be set back, too.
  input.on('error', () => act('quit'));
  input.on('data', read);
  input.setRawMode(true);
  input.resume();
  return () => {
    input.removeListener('data', read);
    input.setRawMode(false);
    input.pause();
  };
}
