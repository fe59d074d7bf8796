import type { RedriveProgress } from '../../forward/api.ts';
import { call } from '../api.ts';
import type { LetterFilter } from './use-letters.ts';

const PATH = '/v1/dead-letters/redrive';
/** The supervisor takes so many ids at a time. */
export const MAX_IDS = 1_000;

/** Those ids, or all that meet the filter; one without anything means every one. */
export function redrive(selection: { ids: readonly string[] } | LetterFilter): Promise<RedriveProgress> {
  const isEverything = Object.keys(selection).length === 0;
  return call('POST', PATH, isEverything ? { all: true } : selection);
}

export function cancelRedrive(): Promise<RedriveProgress> {
  return call('DELETE', PATH);
}
