import type { DailyFatalErrorType, DailyNonFatalErrorType } from '@daily-co/daily-js';
import type { FatalType, NonfatalType } from '../messages.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** Doesn't compile when the client has other errors than the stand-in. */
export const asTheClientHasThem: Same<FatalType, DailyFatalErrorType> & Same<NonfatalType, DailyNonFatalErrorType> =
  true;
