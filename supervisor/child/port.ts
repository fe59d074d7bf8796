import type { Command } from '../../spec/command.ts';

export interface LaunchSpec {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Longer lines on stdout are reported and skipped. */
  readonly maxLineBytes: number;
}

export type LineFault = 'line_too_long' | 'invalid_utf8';

/** Attached before the process runs, so nothing can be missed. */
export interface ChildListener {
  onLine(line: string): void;
  onFault(fault: LineFault, bytes: number): void;
  onStderr(line: string): void;
}

export interface Exit {
  /** null when a signal ended it, or when it could not be started. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it could not be started, if so. */
  readonly error?: string;
}

/** One running bot process: to the supervisor a bot is a command line and lines on a pipe. */
export interface Child {
  readonly pid: number | undefined;
  /** Resolves once, after the process has ended and its output has been read to the end. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Bytes for stdin that the bot hasn't taken yet, as far as they aren't in its pipe. */
  readonly unread: number;
  /** Writes one line to stdin; false when the bot no longer reads. */
  send(command: Command): boolean;
  /**
   * Tells the bot up to which of its events everything is settled. While it doesn't read, only the newest is kept, and
   * it takes no command's place.
   */
  acknowledge(through: string): void;
  /** Stops and goes on reading stdout; the pipe then slows the bot. */
  pause(): void;
  resume(): void;
  /** To the whole process group. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export type Launch = (spec: LaunchSpec, listener: ChildListener) => Child;
