import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createMetrics } from '../base/metrics.ts';
import { createTelemetry } from '../base/telemetry.ts';
import { BrowserError } from '../browser/api.ts';
import { openBrowsers } from '../browser/browsers.ts';
import { findBrowser } from '../browser/find.ts';
import { pageFiles } from '../browser/page-files.ts';
import { createLauncher } from '../child/spawn.ts';
import { type Check, type Finding, fail, ok, type Scope, skipped, warn } from './api.ts';
import { askPage, type PageAnswer, SCRIPT } from './browser-page.ts';

/** A page as a room gets one, with Daily's client in it, in a browser of its own. */
export const browser: Check = {
  name: 'browser',
  async look(scope) {
    const { daily } = scope.config.connectors;
    const isWanted = Boolean(scope.env[daily.apiKeyEnv]) || daily.webhooks.rules.length > 0;
    if (!isWanted) return skipped('not needed without calls at Daily');
    let path: string;
    try {
      path = findBrowser(daily.browser.path, scope.env.PATH);
    } catch (error) {
      return problem(error);
    }
    const folder = await mkdtemp(join(tmpdir(), 'roomd-doctor-'));
    try {
      return await look(path, folder, scope);
    } catch (error) {
      return problem(error);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function look(path: string, folder: string, { config, clock, random, env, signal }: Scope): Promise<Finding> {
  const { args, sandbox = process.getuid?.() !== 0 } = config.connectors.daily.browser;
  const script = join(folder, 'page.js');
  await writeFile(script, SCRIPT, { mode: 0o600 });
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics(), clock);
  const browsers = openBrowsers(
    {
      folder: join(folder, 'browser'),
      path,
      args,
      share: true,
      sandbox,
      maxPages: 1,
      files: { client: pageFiles().client, script },
    },
    { clock, random, telemetry, launch: createLauncher(clock), env, onStderr() {} },
  );
  // Whoever waits for it hears that it has ended.
  const stop = () => void browsers.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await browsers.ready();
    return verdict(path, sandbox, await askPage(browsers.socket, signal));
  } finally {
    signal.removeEventListener('abort', stop);
    await browsers.stop();
  }
}

function verdict(path: string, sandbox: boolean, answer: PageAnswer): Finding {
  if ('problem' in answer) return fail(`${path}: ${answer.problem}`, 'see connectors.daily.browser (path, args)');
  const name = `${answer.version} at ${path}`;
  if (!answer.webrtc || !answer.supported) {
    const got = answer.webrtc ? "one that Daily's client doesn't support" : 'none';
    return fail(
      `${name}: expected WebRTC, got ${got}`,
      'install a newer Chromium, or see connectors.daily.browser.args',
    );
  }
  if (sandbox) return ok(`${name} opens pages with WebRTC, in its sandbox`);
  const todo = 'run roomd as a user other than root, who may have one, and leave connectors.daily.browser.sandbox out';
  return warn(`${name} opens pages with WebRTC, without its sandbox`, todo);
}

/** What a BrowserError says to do stands behind its first semicolon. */
function problem(error: unknown): Finding {
  if (!(error instanceof BrowserError)) throw error;
  const [found = '', ...todo] = error.message.split('; ');
  return fail(found, todo.length > 0 ? todo.join('; ') : 'see connectors.daily.browser');
}
