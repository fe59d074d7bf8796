import { isAddress } from '../base/addresses.ts';
import type { Config } from '../config.ts';
import { CliError, type Io, print, wantsJson } from './io.ts';

/** `roomd config check`: the configuration as `serve` would understand it, or every fault of it. */
export async function configCheck(options: { config?: string; json?: boolean }, io: Io): Promise<number> {
  const { ConfigError, loadConfig } = await import('../config.ts');
  try {
    const config = shown(loadConfig({ file: options.config, env: io.env, cwd: io.cwd }));
    print(io.out, wantsJson(io, options.json) ? JSON.stringify(config) : await asYaml(config));
    return 0;
  } catch (error) {
    throw error instanceof ConfigError ? new CliError(error.message) : error;
  }
}

/** Without what of addresses may be a secret. */
function shown({ policy, forward, ...config }: Config): Config {
  const layers = policy.layers.map((layer) => {
    return typeof layer === 'string' ? shownAddress(layer) : { ...layer, url: shownAddress(layer.url) };
  });
  const { endpoint } = forward;
  return {
    ...config,
    policy: { ...policy, layers },
    forward: { ...forward, ...(endpoint !== undefined && { endpoint: shownAddress(endpoint) }) },
  };
}

function shownAddress(text: string): string {
  return isAddress(text) ? text.replace(/(:\/\/)[^/?#]*@/, '$1').replace(/[?#].*$/s, '') : text;
}

async function asYaml(config: Config): Promise<string> {
  const { stringify } = await import('yaml');
  const text = stringify(config, { aliasDuplicateObjects: false });
  return `# valid; durations in milliseconds, sizes in bytes, addresses without user and query\n${text.trimEnd()}`;
}

/** `roomd config schema`: the JSON Schema of the configuration file. */
export async function configSchema(io: Io): Promise<number> {
  const { configJsonSchema } = await import('../config.ts');
  print(io.out, JSON.stringify(configJsonSchema(), null, io.out.isTTY ? 2 : 0));
  return 0;
}
