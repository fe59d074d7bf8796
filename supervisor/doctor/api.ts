import type { Clock } from '../../spec/runtime/clock.ts';
import type { Config } from '../config.ts';

/** `warn`: it works, and something may go wrong later; `skipped`: there is nothing to look at. */
export type Status = 'ok' | 'warn' | 'fail' | 'skipped';

/** What a check has found, in one line, and in another what to do about it. Neither holds a secret. */
export interface Finding {
  readonly status: Status;
  readonly found: string;
  readonly todo?: string;
}

/** What the doctor has of the world around it. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Of this package. */
  readonly version: string;
  /** Of Node, such as 24.1.0. */
  readonly node: string;
}

/** All that a check may look at. */
export interface Scope extends World {
  readonly config: Config;
  /** One event may be sent. */
  readonly sendTest: boolean;
  /** Aborts when the check has had its time. */
  readonly signal: AbortSignal;
}

export interface Check {
  readonly name: string;
  look(scope: Scope): Promise<Finding> | Finding;
}

export const ok = (found: string): Finding => ({ status: 'ok', found });
export const skipped = (found: string): Finding => ({ status: 'skipped', found });
export const warn = (found: string, todo: string): Finding => ({ status: 'warn', found, todo });
export const fail = (found: string, todo: string): Finding => ({ status: 'fail', found, todo });
