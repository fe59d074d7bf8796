import type { Command } from '../spec/command.ts';
import type { CommandListener } from './commands.ts';

/** What a bot's process is doing at the moment; whatever reaches the process is for it to answer. */
export interface Role {
  command(command: Command): void;
  /** Standard input has ended: the supervisor has gone. */
  inputEnded(): void;
  /** A signal of that name asks it to leave. */
  stop(signal: string): void;
  /** A bug: something was thrown that nobody caught. */
  crash(error: unknown): void;
}

/** Hands the lines of standard input to the role of the moment. */
export function commandsTo(role: () => Role | undefined, say: (line: string) => void): CommandListener {
  return {
    onCommand: (command) => role()?.command(command),
    onIgnored: (detail) => say(`command ignored: ${detail}`),
    onEnd: () => role()?.inputEnded(),
  };
}

/** An uncaught error, as text for people. */
export function crashText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
