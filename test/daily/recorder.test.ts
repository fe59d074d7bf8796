import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeInBrowser, launchBrowser } from '../browser/browser.ts';
import { runDaemon, temporaryFolder } from '../helpers/daemon.ts';
import { openAccount } from './account.ts';
import { askRest } from './ask-rest.ts';
import { Masks } from './masks.ts';
import { Recorder } from './recorder.ts';
import { playScenario } from './scenario.ts';

interface Line {
  readonly after: number;
  readonly by: string;
  readonly said: {
    readonly action?: string;
    readonly topic?: string;
    readonly outcome?: string;
    readonly error?: { readonly type?: string };
  };
}

describe('what is recorded', () => {
  const masks = new Masks({ key: 'abc123', room: 'standup' });

  it('has no secret, wherever it stands', () => {
    const said = {
      url: 'https://team.daily.co/standup?t=eyJhbGciOi.eyJyIjoi.c2ln',
      list: ['Bearer abc123', 'by ada@example.org from 203.0.113.7', '2001:db8:0:0:0:0:0:1'],
      user_name: 'Ada',
      token: 'short',
      standup: { name: 'Ada', size: 3, none: null, empty: '' },
    };
    expect(masks.of(said)).toEqual({
      url: 'https://team.daily.co/[room]?t=[token]',
      list: ['Bearer [key]', 'by [mail] from [address]', '[address]'],
      user_name: '[user_name]',
      token: '[token]',
      '[room]': { name: '[name]', size: 3, none: null, empty: '' },
    });
  });

  it('still shows what belongs together', () => {
    const [one, two] = ['9c5b94b1-35ad-49bb-b118-8e8fc24abf80', 'd61cd7b2-0000-4000-8000-000000000000'];
    expect(masks.of({ [one]: one, of: [`roomd-${two}`, one.toUpperCase()] })).toEqual({
      'id-1': 'id-1',
      of: ['roomd-id-2', 'id-1'],
    });
  });
});

describeInBrowser('the scenario for a real account, with the stand-ins', () => {
  it('goes through, and is written down without tokens or names', { timeout: 120_000 }, async () => {
    const account = await openAccount();
    onTestFinished(() => account.close());
    const { standIn, rest } = account;
    vi.stubEnv('TEST_DAILY_KEY', rest.key);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { admit } = standIn;
    standIn.admit = (asked) => (asked.room.endsWith('-not-there') ? { refused: 'no-room' } : admit(asked));
    const url = standIn.url('standup');
    const path = join(await temporaryFolder(), 'record.jsonl');
    const recorder = new Recorder(path, new Masks({ key: rest.key, url, room: 'standup', domain: rest.domain }));
    const daily = { apiKeyEnv: 'TEST_DAILY_KEY', apiUrl: rest.url, bundles: standIn.bundles };
    await playScenario({
      roomd: await runDaemon({ connectors: { daily } }),
      browser: await launchBrowser(),
      url,
      rest: askRest(rest.url, rest.key),
      recorder,
      bundles: standIn.bundles,
    });

    const text = readFileSync(path, 'utf8');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const actions = (by: string) => lines.filter((line) => line.by === by).map(({ said }) => said.action ?? said.topic);
    expect(actions('client')).toEqual(expect.arrayContaining(['join-meeting', 'app-msg', 'leave-meeting']));
    const joined = ['joined-meeting', 'participant-joined', 'participant-left', 'app-message'];
    for (const by of ['machine', 'event']) expect(actions(by)).toEqual(expect.arrayContaining(joined));
    expect(actions('roomd')).toEqual(expect.arrayContaining(['assistant.session.ended', 'room.message.received']));
    expect(actions('rest').length).toBeGreaterThan(3);
    const refused = lines.flatMap(({ by, said }) =>
      by === 'event' && said.action === 'error' ? [said.error?.type] : [],
    );
    expect(refused).toEqual(['no-room', 'not-allowed', 'exp-token']);
    expect(lines.filter(({ said }) => said.outcome === 'joined')).toEqual([]);
    for (const secret of [rest.key, ...rest.tokens, 'Ada"', 'standup', 'eyJ']) expect(text).not.toContain(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
