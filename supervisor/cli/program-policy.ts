import type { Command } from 'commander';
import type { Io } from './io.ts';
import { type Done, JSON_OPTION } from './options.ts';
import type { PolicyCommandOptions } from './policy-sources.ts';

export function addPolicy(policy: Command, io: Io, done: Done): void {
  withSubject(policy.command('compose [files...]').description('print the policy that layers come to')).action(
    async (files: string[], options: PolicyCommandOptions) =>
      done(await (await import('./policy.ts')).composeFiles(files, options, io)),
  );
  withSubject(
    policy.command('explain [files...]').description('show which layer gave what, and what did not count'),
  ).action(async (files: string[], options: PolicyCommandOptions) =>
    done(await (await import('./policy.ts')).explainFiles(files, options, io)),
  );
  policy
    .command('show <room>')
    .description('show the policy that a room is held to')
    .option(...JSON_OPTION)
    .action(async (room: string, options) => done(await (await import('./policy.ts')).showPolicy(room, options, io)));
}

function withSubject(command: Command): Command {
  return command
    .option('--tenant <id>', 'with the layers for a tenant')
    .option('--assistant <id>', 'with the layers for an assistant')
    .option('--room <id>', 'with the layers for a room')
    .option('--config <file>', 'whose layers to take when none are named (default: roomd.yaml, if it is there)')
    .option(...JSON_OPTION);
}
