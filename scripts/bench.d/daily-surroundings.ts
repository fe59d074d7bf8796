import { findBrowser } from '../../supervisor/browser/find.ts';
import { FLAGS } from '../../supervisor/browser/host/launch.ts';
import { type Account, openAccount } from '../../test/daily/account.ts';

/** What a daemon finds Daily by: its servers and its call machine, played by this process. */
export interface Surroundings extends Pick<Account, 'close'> {
  readonly apiUrl: string;
  readonly bundles: string;
  /** The address of a room. */
  readonly url: (room: string) => string;
  /** The name of the variable with the key, in this process's environment. */
  readonly keyEnv: string;
  /** The Chromium that the daemon takes, and how it starts it. */
  readonly browser: { readonly executablePath: string; readonly args: readonly string[]; readonly sandbox: boolean };
}

const KEY = 'BENCH_DAILY_KEY';

/** Throws where there is no Chromium. */
export async function openSurroundings(): Promise<Surroundings> {
  const executablePath = findBrowser(undefined, process.env.PATH);
  const { standIn, rest, close } = await openAccount();
  process.env[KEY] = rest.key;
  return {
    apiUrl: rest.url,
    bundles: standIn.bundles,
    url: standIn.url,
    keyEnv: KEY,
    browser: { executablePath, args: FLAGS, sandbox: process.getuid?.() !== 0 },
    close,
  };
}
