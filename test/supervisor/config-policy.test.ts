import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../supervisor/config.ts';
import { temporaryFolder } from '../helpers/daemon.ts';

async function load(text: string, env: Record<string, string> = {}) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'roomd.yaml'), text);
  try {
    return { cwd, policy: loadConfig({ cwd, env }).policy, problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { cwd, policy: undefined, problems: error.problems };
    throw error;
  }
}

describe('the configuration of policies', () => {
  it('has defaults', async () => {
    const { policy } = await load('');
    expect(policy).toEqual({
      layers: [],
      reload: 2_000,
      remote: { refresh: 30_000, timeout: 5_000, maxAge: 3_600_000 },
    });
  });

  it('takes files as relative to itself, and addresses as they are', async () => {
    const { cwd, policy } = await load(`policy:
  layers: [policies/, "https://rules.test/a.yaml?key=x", { url: "http://127.0.0.1:1/b", tokenEnv: RULES_TOKEN }]
  reload: 1m
  remote: { refresh: 1s, timeout: 2s, maxAge: 3s }`);
    expect(policy).toEqual({
      layers: [
        join(cwd, 'policies'),
        'https://rules.test/a.yaml?key=x',
        { url: 'http://127.0.0.1:1/b', tokenEnv: 'RULES_TOKEN' },
      ],
      reload: 60_000,
      remote: { refresh: 1_000, timeout: 2_000, maxAge: 3_000 },
    });
  });

  it('takes layers and durations from variables', async () => {
    const { policy } = await load('', { ROOMD_POLICY_LAYERS: '[/a.yaml]', ROOMD_POLICY_REMOTE_MAX_AGE: '2h' });
    expect([policy?.layers, policy?.remote.maxAge]).toEqual([['/a.yaml'], 7_200_000]);
  });

  const ADDRESS = 'expected an address such as https://policies.example/rooms.yaml';
  const WITHOUT = 'expected an address without user and password';
  it.each([
    ['"ftp://hidden"', `policy.layers.0: ${ADDRESS}`],
    ['"https://"', `policy.layers.0: ${ADDRESS}`],
    ['"https://user:hidden@rules.test/a"', `policy.layers.0: ${WITHOUT}`],
    ['"https://hidden@rules.test/a"', `policy.layers.0: ${WITHOUT}`],
    ['{ url: "https://user:hidden@rules.test/a" }', `policy.layers.0.url: ${WITHOUT}`],
    ['{ url: hidden.yaml }', `policy.layers.0.url: ${ADDRESS}`],
    ['{ url: "http://rules.test/hidden", tokenEnv: T }', 'policy.layers.0.url: expected https, since a token is sent'],
    ['{ url: "https://rules.test/hidden", tokenEnv: "a b" }', 'policy.layers.0.tokenEnv: expected the name of an'],
    [
      '{ url: "https://rules.test/hidden", tokenEnv: ROOMD_T }',
      'policy.layers.0.tokenEnv: expected a name without ROOMD_',
    ],
    ['{ url: "https://rules.test/hidden", token: x }', 'policy.layers.0.token: unknown key'],
    ['7', 'policy.layers.0: Invalid input'],
  ])('refuses %s', async (layer, problem) => {
    const { problems } = await load(`policy: { layers: [${layer}] }`);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems.join()).not.toContain('hidden');
  });

  it.each(['http://localhost:1/a', 'http://[::1]:1/a', 'http://127.0.0.2/a', 'https://rules.test/a'])(
    'lets a token go to %s',
    async (url) => expect((await load(`policy: { layers: [{ url: "${url}", tokenEnv: T }] }`)).problems).toEqual([]),
  );
});
