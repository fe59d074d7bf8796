import { type Command, InvalidArgumentError } from 'commander';
import type { Io } from './io.ts';
import { type Done, JSON_OPTION, limit } from './options.ts';
import type { ReplayOptions } from './replay.ts';

export function addHistory(program: Command, io: Io, done: Done): void {
  program
    .command('export <room>')
    .description('write what is kept of a room as a recording: JSON Lines, one event each')
    .option('--out <file>', 'where to (default: the output)')
    .action(async (room: string, options) => done(await (await import('./export.ts')).exportRoom(room, options, io)));

  program
    .command('import <file>')
    .description('give the daemon a recording to keep')
    .option('--name <name>', "what to call it (default: the file's name)")
    .option(...JSON_OPTION)
    .action(async (file: string, options) =>
      done(await (await import('./import.ts')).importRecording(file, options, io)),
    );

  program
    .command('replay <room-or-file>')
    .description('play what happened in a room, through a policy and a bot of your choice')
    .option('--speed <factor>', 'so many times as fast as it happened', speed)
    .option('--policy <file>', 'a policy layer in YAML')
    .option('--bot <name>', 'which bot of the configuration')
    .option('--room <room>', 'the room to play it in (default: the name with .replay)')
    .option('--attempt <number>', "which run of the room's bot (default: the last)", limit)
    .option('--option <key=value>', 'for the bot; may be repeated', (pair, all: string[] = []) => [...all, pair])
    .option('--wait', 'until it is live; ends with 1, and why, when it ends before')
    .option(...JSON_OPTION)
    .action(async (what: string, options: ReplayOptions) =>
      done(await (await import('./replay.ts')).replay(what, options, io)),
    );
}

function speed(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Expected a number above 0.');
}
