import { cleanText } from '../../base/clean-text.ts';
import type { HostSettings } from '../host-protocol.ts';

const MAX_LAST_WORDS = 400;
const NO_SANDBOX =
  /sandboxing failed|No usable sandbox|crbug\.com\/(?:638180|357670)|(?:user|PID|network) namespace|clone\(\): Operation not permitted/i;

/** Why Chromium didn't start, from what the launcher and Chromium itself say of it, and what to do. */
export function launchProblem(error: unknown, { browser, sandbox }: Pick<HostSettings, 'browser' | 'sandbox'>): string {
  const text = error instanceof Error ? error.message : String(error);
  if (sandbox && NO_SANDBOX.test(text)) {
    return `${browser} could not build its sandbox: expected a user other than root who may make user namespaces; allow them (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns, the seccomp profile of the container), or set connectors.daily.browser.sandbox to false where the machine is isolated otherwise`;
  }
  return `${browser}: expected a Chromium that starts and takes commands, got: ${lastWords(text)}; see connectors.daily.browser (path, args)`;
}

/** What the process wrote to its standard error at last, or else how it ended, or else the launcher's first line. */
function lastWords(text: string): string {
  // The launcher repeats its log, in colours.
  const lines = [...text.matchAll(/\[pid=\d+\](?:\[err\]| <process did exit:) ([^\n]*)/g)].map(([, words = '']) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: of the colours
    words.replace(/\u001b\[\d+m/g, '').replace(/>$/, ''),
  );
  const said = [...new Set(lines)].slice(-3).join(' / ');
  const first = text.split('\n', 1)[0]?.replace(/^browserType\.launch: /, '') ?? '';
  return cleanText(said === '' ? first : said, MAX_LAST_WORDS);
}
