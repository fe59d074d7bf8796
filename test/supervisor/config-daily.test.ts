import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../supervisor/config.ts';
import { configSchema } from '../../supervisor/config-schema.ts';
import { temporaryFolder } from '../helpers/daemon.ts';

async function load(daily: object, env: Record<string, string> = {}) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'roomd.yaml'), JSON.stringify({ connectors: { daily } }));
  try {
    return { cwd, daily: loadConfig({ cwd, env }).connectors.daily, problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { cwd, daily: undefined, problems: error.problems };
    throw error;
  }
}

describe('the configuration of Daily', () => {
  it('has defaults, and no secret in it', async () => {
    expect((await load({})).daily).toEqual({
      apiKeyEnv: 'DAILY_API_KEY',
      createRooms: false,
      userName: 'roomd',
      browser: { args: [], share: true },
      tell: { topics: [], perSecond: 5 },
      webhooks: { secretEnv: 'DAILY_WEBHOOK_SECRET', rules: [] },
    });
  });

  it('takes paths as relative to the file, and variables', async () => {
    const rules = [{ rooms: 'team-*', policy: 'calm.yaml' }];
    const { cwd, daily } = await load(
      { browser: { path: 'chromium' }, webhooks: { rules } },
      { ROOMD_CONNECTORS_DAILY_DOMAIN: 'acme' },
    );
    expect(daily).toMatchObject({
      domain: 'acme',
      browser: { path: join(cwd, 'chromium') },
      webhooks: { rules: [{ rooms: 'team-*', bot: 'default', policy: join(cwd, 'calm.yaml'), options: {} }] },
    });
  });

  it.each([
    [{ apiUrl: 'http://hidden.example/v1' }, 'apiUrl: expected https, since a token is sent'],
    [{ apiUrl: 'https://hidden:hidden@api.example' }, 'apiUrl: expected an address without user and password'],
    [{ apiUrl: 'https://api.example/v1?hidden=1' }, 'apiUrl: expected an address without ? and #'],
    [{ apiUrl: 'https://api.example/v1#hidden' }, 'apiUrl: expected an address without ? and #'],
    [{ apiKeyEnv: `a0hidden${'f'.repeat(40)}` }, 'apiKeyEnv: expected the name of an environment variable, got what'],
    [{ apiKeyEnv: 'ROOMD_KEY' }, 'apiKeyEnv: expected a name without ROOMD_'],
    [{ apiKey: 'hidden' }, 'apiKey: unknown key'],
    [{ domain: 'https://hidden.daily.co' }, 'domain: expected the name before .daily.co'],
    [{ tell: { topics: ['conversation.***'] } }, 'tell.topics.0: expected a topic or a pattern'],
    [{ userName: 'a\nb' }, 'userName: expected no control characters'],
    [
      { webhooks: { rules: [{ rooms: 'a', bot: 'nosuchbot' }] } },
      'webhooks.rules.0.bot: expected a bot that is config',
    ],
    [{ webhooks: { rules: [{ rooms: 'a b' }] } }, 'webhooks.rules.0.rooms: expected names of rooms'],
    [{ webhooks: { rules: [{ rooms: 'a', tenantId: 'a\u0000' }] } }, 'webhooks.rules.0.tenantId: expected no control'],
  ])('refuses %j', async (daily, problem) => {
    const { problems } = await load(daily);
    expect(problems).toEqual([expect.stringContaining(`connectors.daily.${problem}`)]);
    expect(problems.join()).not.toContain('hidden');
  });

  it.each(['https://api.example/v1', 'http://127.0.0.1:1/v1'])('asks %s', async (apiUrl) => {
    expect((await load({ apiUrl })).problems).toEqual([]);
  });
});

describe('the configuration of assistants', () => {
  it.each([
    ['https://api.example/{id}', true],
    ['https://api.example?id={id}', true],
    ['https://{id}.example/x', false],
    ['https://{id}@api.example/{id}', false],
    ['https://api.example\\{id}/{id}', false],
    ['https://api.example/#{id}', false],
    ['https://api.example/', false],
  ])('asks %s: %s', (url, ok) => {
    expect(configSchema.safeParse({ assistants: { rest: { url } } }).success).toBe(ok);
  });
});
