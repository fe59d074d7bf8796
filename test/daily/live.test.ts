import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { runDaemon } from '../helpers/daemon.ts';
import { askRest } from './ask-rest.ts';
import { Masks } from './masks.ts';
import { Recorder } from './recorder.ts';
import { playScenario } from './scenario.ts';

const {
  DAILY_API_KEY: key = '',
  DAILY_ROOM_URL: url = '',
  DAILY_API_URL: api = 'https://api.daily.co/v1',
} = process.env;
const ENABLE = 'set DAILY_API_KEY, and DAILY_ROOM_URL to a room of that account where nobody is';
const enabled = key !== '' && url !== '';
const title = enabled ? 'a real Daily account' : `a real Daily account: skipped, to enable it ${ENABLE}`;

// It proves what no stand-in can, and writes down what it sees: where the two differ, the stand-in is wrong.
it.skipIf(!enabled)(title, { timeout: 180_000 }, async () => {
  const path = process.env.DAILY_RECORD ?? join(tmpdir(), `roomd-daily-${process.pid}.jsonl`);
  const { hostname, pathname } = new URL(url);
  const domain = hostname.replace(/\.daily\.co$/, '');
  const recorder = new Recorder(path, new Masks({ key, url, domain, room: pathname.slice(1) }));
  const roomd = await runDaemon({ connectors: { daily: { apiUrl: api, domain } } });
  try {
    await playScenario({ roomd, browser: await launchBrowser(), url, rest: askRest(api, key), recorder });
  } finally {
    console.log(`what Daily said, masked: ${path}`);
  }
});
