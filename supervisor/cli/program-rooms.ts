import { type Command, Option } from 'commander';
import type { Io } from './io.ts';
import { type Done, JSON_OPTION } from './options.ts';
import type { SpawnOptions } from './spawn.ts';
import type { TopOptions } from './top.ts';
import { SORT_KEYS } from './top-keys.ts';

export function addRooms(program: Command, io: Io, done: Done): void {
  program
    .command('spawn <room>')
    .description('start a room')
    .option('--connector <name>', 'what connects the bot to the room')
    .option('--bot <name>', 'which bot of the configuration')
    .option('--assistant <id>', 'which assistant the bot is')
    .option('--tenant <id>', 'whose room it is')
    .option('--policy <file>', 'a policy layer in YAML')
    .option('--option <key=value>', 'for the connector; may be repeated', (pair, all: string[] = []) => [...all, pair])
    .option('--idle-timeout <duration>', 'end it when nobody is there and nothing happens for so long, such as 5m')
    .option('--max-duration <duration>', 'end it after so long, such as 2h')
    .option('--memory <size>', 'so much for the bot and all it has started, such as 512MiB')
    .option('--wait', 'until it is live; ends with 1, and why, when it ends before')
    .option(...JSON_OPTION)
    .action(async (room: string, options: SpawnOptions) => {
      done(await (await import('./spawn.ts')).spawn(room, options, io));
    });

  program
    .command('ls')
    .description('list rooms')
    .option(...JSON_OPTION)
    .action(async (options) => done(await (await import('./ls.ts')).ls(options, io)));

  program
    .command('top')
    .description('watch the rooms that run, and what they take of the machine')
    .option('--interval <duration>', 'between two looks', '2s')
    .addOption(new Option('--sort <key>', 'what comes first').choices(SORT_KEYS).default('memory'))
    .option('--all', 'rooms that have ended too')
    .option('--json', 'one JSON object a look (the default when piped)')
    .action(async (options: TopOptions) => done(await (await import('./top.ts')).top(options, io)));

  program
    .command('show <room>')
    .description('show one room')
    .option(...JSON_OPTION)
    .action(async (room: string, options) => done(await (await import('./show.ts')).show(room, options, io)));

  program
    .command('stop <room>')
    .description('stop a room gracefully')
    .option(...JSON_OPTION)
    .action(async (room: string, options) => done(await (await import('./stop.ts')).stop(room, options, io)));

  program
    .command('release <room>')
    .description("lift a room's quarantine")
    .option(...JSON_OPTION)
    .action(async (room: string, options) => done(await (await import('./release.ts')).release(room, options, io)));

  program
    .command('tail [room]')
    .description('show events as they happen')
    .option('--topic <pattern>', 'only these topics, such as room.*.score or conversation.**')
    .option('--from <position>', 'a position, an age such as 10m, or start (default: now)')
    .option(...JSON_OPTION)
    .action(async (room: string | undefined, options) =>
      done(await (await import('./tail.ts')).tail(room, options, io)),
    );
}
