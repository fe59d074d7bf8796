import { CliError, type Io, print, wantsJson } from './io.ts';

/** `roomd config check`: whether `serve` could start with it, or every fault of it. */
export async function configCheck(options: { config?: string; json?: boolean }, io: Io): Promise<number> {
  const { ConfigError, loadConfig } = await import('../config.ts');
  try {
    loadConfig({ file: options.config, env: io.env, cwd: io.cwd });
    if (wantsJson(io, options.json)) print(io.out, JSON.stringify({ ok: true }));
    else print(io.out, 'the configuration is valid');
    return 0;
  } catch (error) {
    throw error instanceof ConfigError ? new CliError(error.message) : error;
  }
}

/** `roomd config schema`: the JSON Schema of the configuration file. */
export async function configSchema(io: Io): Promise<number> {
  const { configJsonSchema } = await import('../config.ts');
  print(io.out, JSON.stringify(configJsonSchema(), null, io.out.isTTY ? 2 : 0));
  return 0;
}
