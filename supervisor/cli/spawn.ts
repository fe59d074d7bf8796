import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RoomView } from '../room/api.ts';
import { createClient } from './client.ts';
import { CliError, type Io, painter, print, wantsJson } from './io.ts';
import { paintState } from './render.ts';
import { paintName } from './text.ts';

export interface SpawnOptions {
  connector?: string;
  bot?: string;
  assistant?: string;
  tenant?: string;
  /** A file of YAML: one policy layer. */
  policy?: string;
  /** `key=value` each. */
  option?: string[];
  /** Durations and a size as people write them; the daemon knows what is allowed. */
  idleTimeout?: string;
  maxDuration?: string;
  memory?: string;
  wait?: boolean;
  json?: boolean;
}

/**
 * `roomd spawn ROOM`: starts a room, or finds the one that runs with the same request. Resolves with 0, or, when it is
 * to wait, with 1 when the room has ended before it was live and with 130 when the signal aborts; the room then goes on.
 */
export async function spawn(roomId: string, options: SpawnOptions, io: Io): Promise<number> {
  const body = {
    roomId,
    connector: options.connector,
    bot: options.bot,
    assistantId: options.assistant,
    tenantId: options.tenant,
    policy: options.policy === undefined ? undefined : await readPolicy(resolve(io.cwd, options.policy)),
    options: options.option === undefined ? undefined : parseOptions(options.option),
    limits: limitsOf(options),
  };
  const client = createClient(io);
  const room = (await client.json('POST', '/v1/rooms', body)) as RoomView;
  if (options.wait) return await (await import('./spawn-wait.ts')).waitUntilLive(client, room, options, io);
  if (wantsJson(io, options.json)) {
    print(io.out, JSON.stringify(room));
    return 0;
  }
  const paint = painter(io.out, io.env);
  print(
    io.out,
    `${paintName(paint, room.roomId)} is ${paintState(paint, room.state)} (${room.bot} on ${room.connector})`,
  );
  print(io.out, paint('dim', `watch it with \`roomd tail ${room.roomId} --from start\``));
  return 0;
}

function limitsOf({ idleTimeout, maxDuration, memory }: SpawnOptions): Record<string, unknown> | undefined {
  const given = Object.entries({ idleTimeout, maxDuration, memory }).filter(([, text]) => text !== undefined);
  if (given.length === 0) return undefined;
  // As in the configuration: a number without a unit is of milliseconds or bytes.
  return Object.fromEntries(given.map(([key, text = '']) => [key, /^\d+$/.test(text) ? Number(text) : text]));
}

/** Values are JSON where they can be read as such, and text otherwise. */
function parseOptions(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new CliError(`expected --option KEY=VALUE, got "${pair}"`, 2);
      return [pair.slice(0, equals), jsonOrText(pair.slice(equals + 1))];
    }),
  );
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function readPolicy(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`expected a policy layer in ${path}, which can't be read (${error.code ?? error.message})`);
  });
  const { parse } = await import('yaml');
  try {
    return (parse(text) as unknown) ?? {};
  } catch (error) {
    throw new CliError(`expected YAML in ${path}: ${(error as Error).message}`);
  }
}
