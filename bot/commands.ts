import type { Readable } from 'node:stream';
import split2 from 'split2';
import { type Command, parseCommand } from '../spec/command.ts';

export interface CommandListener {
  onCommand(command: Command): void;
  /** A line that is no command of the spec; the bot goes on. */
  onIgnored(detail: string): void;
  /** There will be no more: the supervisor has gone. */
  onEnd(): void;
}

const MAX_LINE = 64 * 1024;

/** Reads standard input, one command a line, until its end. */
export function readCommands(input: Readable, listener: CommandListener): void {
  const lines = split2(/\r?\n/, (line) => line, { maxLength: MAX_LINE, skipOverflow: true });
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    listener.onEnd();
  };
  lines.on('data', (line: string) => receive(line, listener));
  lines.on('end', end);
  lines.on('error', end);
  input.on('error', end);
  input.pipe(lines);
}

function receive(line: string, listener: CommandListener): void {
  if (line.trim() === '') return;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    listener.onIgnored('expected one JSON object a line');
    return;
  }
  const parsed = parseCommand(value);
  if (parsed.ok) listener.onCommand(parsed.command);
  else listener.onIgnored(parsed.detail);
}
