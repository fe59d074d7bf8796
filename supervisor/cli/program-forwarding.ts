import type { Command } from 'commander';
import type { Io } from './io.ts';
import { type Done, JSON_OPTION, limit } from './options.ts';
import type { RedriveOptions } from './redrive.ts';

export function addForward(forward: Command, io: Io, done: Done): void {
  forward
    .command('status')
    .description('show the target, what became of every event, and what waits')
    .option(...JSON_OPTION)
    .action(async (options) => done(await (await import('./forward.ts')).forwardStatus(options, io)));
}

export function addDeadLetters(deadLetters: Command, io: Io, done: Done): void {
  withFilter(deadLetters.command('ls').description('list them, oldest first'))
    .option('--limit <count>', 'at most so many', limit, 100)
    .option(...JSON_OPTION)
    .action(async (options) => done(await (await import('./dead-letters.ts')).lsDeadLetters(options, io)));

  deadLetters
    .command('show <id>')
    .description('show one with its event')
    .option(...JSON_OPTION)
    .action(async (id: string, options) =>
      done(await (await import('./dead-letters.ts')).showDeadLetter(id, options, io)),
    );

  withFilter(deadLetters.command('redrive [ids...]').description('send them again: those named, or all that match'))
    .option('--all', 'every dead letter')
    .option('--no-wait', 'begin, and leave it to itself')
    .option('--cancel', 'end the redrive that runs; what is left stays a dead letter')
    .option(...JSON_OPTION)
    .action(async (ids: string[], options: RedriveOptions) =>
      done(await (await import('./redrive.ts')).redrive(ids, options, io)),
    );
}

function withFilter(command: Command): Command {
  return command
    .option('--room <room>', 'only those of a room')
    .option('--topic <pattern>', 'only these topics, such as room.*.score or conversation.**')
    .option('--reason <text>', 'only those whose reason begins so, such as MalformedDetail');
}
