import type { Logger } from 'pino';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Config } from '../config.ts';
import { CliError, type Io } from './io.ts';
import { openLogger } from './logger.ts';

export interface ServeOptions {
  config?: string;
  host?: string;
  port?: number;
  data?: string;
  dryRun?: boolean;
}

/** Starts everything that `serve` serves; `stop` ends it in order. */
export type StartDaemon = (
  config: Config,
  deps: { log: Logger; env: Io['env']; clock: Clock; onFatal: (error: Error) => void },
) => Promise<{ stop(cause: string): Promise<void>; hurry(): void }>;

/** `roomd serve`: runs until the signal aborts, or until something breaks without which it can't go on. */
export async function serve(options: ServeOptions, io: Io, startDaemon: StartDaemon): Promise<number> {
  const config = await readConfig(options, io);
  const log = await openLogger(io);
  const fatal = Promise.withResolvers<Error>();
  const daemon = await startDaemon(config, { log, env: io.env, clock: io.clock, onFatal: fatal.resolve }).catch(
    (error: NodeJS.ErrnoException) => {
      throw explained(error, config);
    },
  );
  const end = await Promise.race([aborted(io.signal), fatal.promise]);
  if (end instanceof Error) log.fatal({ err: end }, 'roomd cannot go on');
  onAbort(io.hurry, () => daemon.hurry());
  await daemon.stop(end instanceof Error ? end.message : end);
  return end instanceof Error ? 1 : 0;
}

async function readConfig({ config, host, port, data, dryRun }: ServeOptions, io: Io): Promise<Config> {
  const { ConfigError, loadConfig } = await import('../config.ts');
  const flags = {
    ...(host === undefined && port === undefined ? {} : { http: { host, port } }),
    ...(data === undefined ? {} : { data }),
    ...(dryRun ? { forward: { target: 'dry-run' as const } } : {}),
  };
  try {
    return loadConfig({ file: config, env: io.env, cwd: io.cwd, flags });
  } catch (error) {
    throw error instanceof ConfigError ? new CliError(error.message) : error;
  }
}

function explained(error: NodeJS.ErrnoException, { http }: Config): Error {
  if (error.code === 'EADDRINUSE') {
    return new CliError(
      `expected port ${http.port} of ${http.host} to be free, and something listens there: ` +
        'stop it, or choose another port with --port',
    );
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new CliError(`can't start: ${error.message}; see --host, --port and --data`);
  }
  if (error.name === 'SpecError') return new CliError(`can't start: spec.topics:\n${error.message}`);
  return ['AssistantsError', 'DailyError', 'LogOpenError', 'PolicyError'].includes(error.name)
    ? new CliError(error.message)
    : error;
}

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => onAbort(signal, () => resolve(String(signal.reason))));
}

function onAbort(signal: AbortSignal | undefined, act: () => void): void {
  if (signal?.aborted) act();
  else signal?.addEventListener('abort', act, { once: true });
}
