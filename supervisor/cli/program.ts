import { Command, CommanderError } from 'commander';
import { CliError, type Io, painter, print } from './io.ts';
import { type Done, JSON_OPTION, port } from './options.ts';
import { addDeadLetters, addForward } from './program-forwarding.ts';
import { addHistory } from './program-history.ts';
import { addPolicy } from './program-policy.ts';
import { addRooms } from './program-rooms.ts';
import { addSpec } from './program-spec.ts';
import type { StartDaemon } from './serve.ts';

export interface Program {
  readonly version: string;
  /** Loaded for `serve` only. */
  readonly loadDaemon: () => Promise<StartDaemon>;
}

/**
 * Runs one command line, without the program's name; resolves with the exit code.
 * Every command is loaded only when it is called: the others cost no start-up time.
 */
export async function run(argv: readonly string[], io: Io, program: Program): Promise<number> {
  let code = 0;
  const done: Done = (result) => {
    code = result;
  };
  try {
    await createProgram(io, program, done).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (io.signal.aborted) return 130;
    const message = error instanceof CliError ? error.message : `unexpected error: ${(error as Error).stack ?? error}`;
    print(io.err, `${painter(io.err, io.env)('red', 'roomd:')} ${message}`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

function createProgram(io: Io, { version, loadDaemon }: Program, done: Done): Command {
  const program = new Command('roomd')
    .description('One isolated AI bot process per live room.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('See `roomd help COMMAND`.')
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
    .addHelpText('after', '\nCommands that need a running daemon find it at ROOMD_URL, with the token ROOMD_TOKEN.');

  program
    .command('serve')
    .description('run the supervisor')
    .option('--config <file>', 'configuration (default: roomd.yaml, if it is there)')
    .option('--host <host>', 'address to listen on')
    .option('--port <port>', 'port to listen on, 0 for any free one', port)
    .option('--data <folder>', 'where everything is kept')
    .option('--dry-run', 'write the requests to EventBridge into a file instead of sending them')
    .action(async (options) => {
      const { serve } = await import('./serve.ts');
      done(await serve(options, io, await loadDaemon()));
    });

  addRooms(program, io, done);
  addHistory(program, io, done);
  addForward(program.command('forward').description('forwarding to EventBridge'), io, done);
  addDeadLetters(program.command('dead-letters').description('events that could not be delivered'), io, done);
  addPolicy(program.command('policy').description('what bots may do: layers, and what they come to'), io, done);
  addSpec(program.command('spec').description('the contract: topics, envelope, commands'), io, done);
  program
    .command('doctor')
    .description('look at everything that roomd needs, and say what to do')
    .option('--config <file>', 'configuration (default: roomd.yaml, if it is there)')
    .option('--data <folder>', 'where everything is kept, when not as configured')
    .option('--send-test', 'also send one event, roomd.doctor, to EventBridge')
    .option(...JSON_OPTION)
    .action(async (options) => done(await (await import('./doctor.ts')).doctor(options, io, version)));
  addConfig(program.command('config').description('the configuration file'), io, done);
  return program;
}

function addConfig(config: Command, io: Io, done: Done): void {
  config
    .command('check')
    .description('print the configuration as roomd understands it, or every fault of it')
    .option('--config <file>', 'configuration (default: roomd.yaml, if it is there)')
    .option(...JSON_OPTION)
    .action(async (options) => done(await (await import('./config.ts')).configCheck(options, io)));
  config
    .command('schema')
    .description('print the JSON Schema of the configuration')
    .action(async () => done(await (await import('./config.ts')).configSchema(io)));
}
