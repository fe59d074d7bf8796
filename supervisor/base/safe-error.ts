import { cleanText } from './clean-text.ts';

const MAX_MESSAGE = 1_024;
const MAX_NAME = 128;
const MAX_FRAMES = 20;
const MAX_FRAME = 512;
const MAX_CAUSES = 3;
const MAX_ERRORS = 5;

/** An error as a log line may show it. */
export interface SafeError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  /** The first line, and where it happened. */
  readonly stack: string;
  readonly cause?: SafeError;
  /** Of an AggregateError: the first few. */
  readonly errors?: readonly SafeError[];
}

/**
 * What an error says of itself, and nothing that hangs on it: libraries attach requests with their bodies, headers, URLs,
 * command lines and environments, and a parser's message quotes what it couldn't read.
 */
export function safeError(error: Error, causes = MAX_CAUSES): SafeError {
  const { code, cause, errors } = error as Error & { code?: unknown; errors?: unknown };
  const type = cleanText(String(error.name || 'Error'), MAX_NAME);
  const message = cleanText(messageOf(error), MAX_MESSAGE);
  return {
    type,
    message,
    ...(typeof code === 'string' && { code: cleanText(code, MAX_NAME) }),
    ...(typeof code === 'number' && { code }),
    stack: [`${type}: ${message}`, ...frames(error.stack)].join('\n'),
    ...(causes > 0 && cause instanceof Error && { cause: safeError(cause, causes - 1) }),
    ...(causes > 0 && Array.isArray(errors) && { errors: several(errors, causes - 1) }),
  };
}

function several(errors: readonly unknown[], causes: number): SafeError[] {
  return errors
    .filter((error) => error instanceof Error)
    .slice(0, MAX_ERRORS)
    .map((error) => safeError(error, causes));
}

function messageOf(error: Error): string {
  const { name, message, code } = error as Error & { code?: unknown };
  const text = typeof message === 'string' ? message : '';
  // The whole command line, and what the command has written.
  if (/^(?:Command |spawn)/.test(text)) return typeof code === 'string' ? code : 'the command failed';
  // JSON.parse quotes the text, a YAML parser shows the lines.
  if (/^(?:SyntaxError|YAML\w*)$/.test(String(name))) return text.replace(/["'`\n][\s\S]*$/, '(left out)');
  // Node's own, about arguments: `Received 'the value'`, `Unknown encoding: the value`.
  const isNodes = typeof code === 'string' && code.startsWith('ERR_');
  return isNodes ? text.replace(/(: |\bReceived )[\s\S]*$/, '$1(left out)') : text;
}

/** Without the message, which `stack` repeats as it was. */
function frames(stack: unknown): string[] {
  if (typeof stack !== 'string') return [];
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => `    ${cleanText(line.trim(), MAX_FRAME)}`);
}
