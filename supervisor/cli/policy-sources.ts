import { resolve } from 'node:path';
import type { NamedLayer } from '../../spec/compose.ts';
import { addressProblem, isAddress } from '../base/addresses.ts';
import type { Config } from '../config.ts';
import { CliError, type Io } from './io.ts';

export interface PolicyCommandOptions {
  tenant?: string;
  assistant?: string;
  room?: string;
  config?: string;
  json?: boolean;
}

const nothing = () => {};
const SILENT = {
  policyReloaded: nothing,
  policyRefused: nothing,
  policySound: nothing,
  policyNotKept: nothing,
  policyAges: nothing,
  internalError: nothing,
};

/**
 * The layers of files, folders and addresses, or of the configuration when none are named, as far as they speak about
 * the subject; weakest claim first. Addresses are asked once. Throws a CliError.
 */
export async function layersOf(files: readonly string[], options: PolicyCommandOptions, io: Io): Promise<NamedLayer[]> {
  const { openPolicies } = await import('../policy/sources.ts');
  const { reload, remote, layers } = await policyConfig(files, options, io);
  try {
    const policies = openPolicies({
      layers,
      reload,
      remote,
      env: io.env,
      clock: io.clock,
      telemetry: SILENT,
      keep: { load: async () => undefined, save: async () => {} },
      publish: nothing,
      random: () => 0,
    });
    const stop = () => void policies.stop();
    io.signal.addEventListener('abort', stop, { once: true });
    try {
      await policies.look();
      return await policies.layersFor({
        roomId: options.room ?? '',
        tenantId: options.tenant,
        assistantId: options.assistant,
      });
    } finally {
      io.signal.removeEventListener('abort', stop);
      await policies.stop();
    }
  } catch (error) {
    throw (error as Error).name === 'PolicyError' ? new CliError((error as Error).message) : error;
  }
}

async function policyConfig(
  files: readonly string[],
  { config }: PolicyCommandOptions,
  io: Io,
): Promise<Config['policy']> {
  const { ConfigError, loadConfig } = await import('../config.ts');
  // With files named, nothing but them counts: not even a configuration that happens to be there.
  for (const file of files.filter(isAddress)) {
    const problem = addressProblem(file, { hasToken: false });
    if (problem !== undefined) throw new CliError(problem, 2);
  }
  const named = files.map((file) => (isAddress(file) ? file : resolve(io.cwd, file)));
  try {
    if (files.length === 0) return loadConfig({ file: config, env: io.env, cwd: io.cwd }).policy;
    if (config !== undefined) throw new CliError('expected files or --config, got both', 2);
    return loadConfig({ file: '/dev/null', env: {}, cwd: io.cwd, flags: { policy: { layers: named } } }).policy;
  } catch (error) {
    throw error instanceof ConfigError ? new CliError(error.message) : error;
  }
}
