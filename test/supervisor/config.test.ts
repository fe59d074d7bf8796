import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigSources, configJsonSchema, loadConfig } from '../../supervisor/config.ts';
import { temporaryFolder } from '../helpers/daemon.ts';

const problems = (sources: Partial<ConfigSources>): readonly string[] => {
  try {
    loadConfig({ env: {}, cwd: '/nowhere', ...sources });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('the configuration', () => {
  it('has the promised defaults', () => {
    const config = loadConfig({ env: {}, cwd: '/nowhere' });
    expect(config).toMatchObject({
      http: { host: '127.0.0.1', port: 7070, tokens: [] },
      data: '/nowhere/.roomd',
      rooms: {
        max: 200,
        idleTimeout: 300_000,
        heartbeatTimeout: 45_000,
        restart: { attempts: 5, backoff: { base: 500 } },
      },
      forward: {
        target: 'dry-run',
        bus: 'default',
        source: 'roomd',
        batch: { entries: 10, wait: 1_000, bytes: 1_000_000 },
      },
      log: { maxEventsPerRoom: 10_000, maxTelemetryPerRoom: 5_000, maxAge: 86_400_000, ballast: 33_554_432 },
    });
    expect(Object.isFrozen(config.rooms.restart)).toBe(true);
  });

  it('takes the file, then variables, then flags', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'roomd.yaml'), 'http: { port: 1 }\nrooms: { max: 1, idleTimeout: 1s }\n');
    const env = { ROOMD_ROOMS_MAX: '2', ROOMD_ROOMS_IDLE_TIMEOUT: '2s', ROOMD_URL: 'http://elsewhere', HOME: '/' };
    const config = loadConfig({ cwd, env, flags: { rooms: { idleTimeout: '3s' } } });
    expect([config.http.port, config.rooms.max, config.rooms.idleTimeout]).toEqual([1, 2, 3_000]);
  });

  it('takes rules for local rooms, and says what is wrong with them', async () => {
    const cwd = await temporaryFolder();
    const rules = async (moderation: unknown) => {
      await writeFile(join(cwd, 'roomd.yaml'), JSON.stringify({ connectors: { local: { moderation } } }));
      return { cwd };
    };
    const good = { block: [{ name: 'words', phrases: [' heck '] }], redact: [{ name: 'card', pattern: '\\d{16}' }] };
    expect(loadConfig({ env: {}, ...(await rules(good)) }).connectors.local.moderation).toEqual({
      block: [{ name: 'words', phrases: ['heck'] }],
      redact: good.redact,
    });
    for (const [wrong, problem] of [
      [
        { redact: [{ name: 'a', pattern: '(' }] },
        'redact.0.pattern: expected a regular expression in the syntax of RE2',
      ],
      [{ redact: [{ name: 'a', pattern: 'x*' }] }, 'redact.0.pattern: expected a pattern that does not fit the empty'],
      [{ block: [{ name: 'a', phrases: ['\u200b'] }] }, 'phrases.0: expected a phrase of more than invisible'],
      [{ block: [{ name: 'a b', phrases: ['x'] }] }, 'block.0.name: expected a name'],
      [{ block: [{ name: 'a', phrases: ['x'] }], redact: [{ name: 'a', pattern: 'x' }] }, 'a name of its own'],
    ] as const) {
      expect(problems(await rules(wrong))).toEqual([expect.stringContaining(problem)]);
    }
  });

  it('takes paths in a file as relative to the file, others to the working folder', async () => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, 'etc'));
    await writeFile(
      join(cwd, 'etc/r.yaml'),
      'policy: { layers: [p.yaml] }\nconnectors: { transcript: { folder: m } }\n',
    );
    const config = loadConfig({ cwd, env: {}, file: 'etc/r.yaml', flags: { data: 'd' } });
    expect(config.policy.layers).toEqual([join(cwd, 'etc/p.yaml')]);
    expect(config.connectors.transcript.folder).toBe(join(cwd, 'etc/m'));
    expect(config.data).toBe(join(cwd, 'd'));
  });

  it('is refused with every fault at once', async () => {
    const cwd = await temporaryFolder();
    await writeFile(
      join(cwd, 'roomd.yaml'),
      'http: { port: 70000, hots: x }\nrooms: { idleTimeout: 5 minutes }\nbots: { mine: {} }\n',
    );
    const found = problems({ cwd, env: { ROOMD_HTTP_PROT: '1', ROOMD_FORWARD_TARGET: 'eventbridge' } });
    expect(found).toHaveLength(6);
    for (const part of [
      'http.port',
      'http.hots: unknown key',
      'got "5 minutes"',
      'a command for every bot',
      'ROOMD_HTTP_PROT',
      'forward.region',
    ]) {
      expect(found.join('\n')).toContain(part);
    }
  });

  it('takes sizes of the log that can work, and no others', () => {
    const log = { maxSize: '10GB', ballast: 0 };
    expect(loadConfig({ env: {}, cwd: '/nowhere', flags: { log } }).log).toMatchObject({ maxSize: 1e10, ballast: 0 });
    expect(problems({ flags: { log: { maxSize: '1MB', ballast: '1MiB' } } })).toEqual([
      expect.stringContaining('expected at least 1MiB'),
      expect.stringContaining('expected 0 (none) or at least 16MiB'),
    ]);
  });

  it('wants a file that was named to be there, and to be YAML', async () => {
    const cwd = await temporaryFolder();
    expect(problems({ cwd, file: 'missing.yaml' })).toEqual([expect.stringContaining("missing.yaml can't be read")]);
    await writeFile(join(cwd, 'bad.yaml'), 'a: [');
    expect(problems({ cwd, file: 'bad.yaml' })).toEqual([expect.stringContaining('bad.yaml is not YAML')]);
    for (const [text, where] of [
      ['a: 1\nb: "s3cret\nc: s3cret', 'MISSING_CHAR at line 3, column '],
      ['a: 1\ns3cret: 1\ns3cret: 2', 'DUPLICATE_KEY at line 3, column 1'],
      ['a: !s3cret x', 'TAG_RESOLVE_FAILED at line 1, column 4'],
      ['a: *s3cret', 'an alias without its anchor'],
    ] as const) {
      await writeFile(join(cwd, 'bad.yaml'), text);
      expect(problems({ cwd, file: 'bad.yaml' })).toEqual([expect.stringContaining(`bad.yaml is not YAML: ${where}`)]);
      expect(problems({ cwd, file: 'bad.yaml' }).join()).not.toContain('s3cret');
    }
    expect(problems({ env: { ROOMD_FORWARD_ENDPOINT: '[s3cret' } })).toEqual([
      expect.stringMatching(/^ROOMD_FORWARD_ENDPOINT: expected a YAML value, got [A-Z_]+ at line 1, column \d+$/),
    ]);
    await writeFile(join(cwd, 'list.yaml'), '- a');
    expect(problems({ cwd, file: 'list.yaml' })).toEqual([expect.stringContaining('got a list')]);
  });

  it('refuses to be reachable from outside without tokens', () => {
    expect(problems({ flags: { http: { host: '0.0.0.0' } } })).toEqual([expect.stringContaining('expected tokens')]);
    const token = { name: 'ops', sha256: 'a'.repeat(64), scopes: ['admin' as const] };
    expect(problems({ flags: { http: { host: '0.0.0.0', tokens: [token] } } })).toEqual([]);
  });

  it('describes itself as a JSON Schema', () => {
    expect(configJsonSchema()).toMatchObject({
      type: 'object',
      properties: { rooms: { properties: { max: { default: 200 } } } },
    });
  });
});
