import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { roomSheet } from '../../../supervisor/cli/rooms-view.ts';
import { loadConfig } from '../../../supervisor/config.ts';
import type { RoomView } from '../../../supervisor/room/api.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { roomView, STOPPED, startServer } from '../http/rig.ts';
import { call } from './rig.ts';

describe('roomd spawn', () => {
  it('asks for the room with everything it was told', async () => {
    const { url, rooms } = await startServer();
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'policy.yaml'), 'turns: { maxChars: 600 }\n');
    const argv = [
      'spawn',
      'standup',
      '--connector',
      'transcript',
      '--bot',
      'mine',
      '--assistant',
      'as',
      '--tenant',
      'te',
    ];
    const options = ['meeting=alpha', 'speed=60', 'deep={"a":[1]}', 'text=a=b', 'quoted="60"', 'empty='];
    argv.push('--policy', 'policy.yaml', ...options.flatMap((option) => ['--option', option]));
    const { code, out, err } = await call(argv, { url, cwd });
    expect([code, err.text]).toEqual([0, '']);
    expect(rooms.requests).toEqual([
      {
        roomId: 'standup',
        connector: 'transcript',
        bot: 'mine',
        assistantId: 'as',
        tenantId: 'te',
        policy: { turns: { maxChars: 600 } },
        options: { meeting: 'alpha', speed: 60, deep: { a: [1] }, text: 'a=b', quoted: '60', empty: '' },
      },
    ]);
    expect(JSON.parse(out.text)).toEqual(rooms.views.get('standup'));
  });

  it('tells a person what to do next', async () => {
    const { url } = await startServer();
    const { out } = await call(['spawn', 'standup'], { url, tty: true });
    expect(out.lines).toEqual([
      'standup is starting (default on local)',
      'watch it with `roomd tail standup --from start`',
    ]);
  });

  it('passes the reason of a refusal on', async () => {
    const { url, rooms } = await startServer();
    rooms.nextSpawn = { kind: 'invalid', detail: 'expected one of the meetings there are (alpha), got "x"' };
    const { code, out, err } = await call(['spawn', 'a'], { url });
    expect([code, out.text]).toEqual([1, '']);
    expect(err.lines).toEqual([
      'roomd: The room cannot be started as asked: expected one of the meetings there are (alpha), got "x"',
    ]);
  });

  it.each([
    [['spawn', 'a', '--option', 'speed'], 2, 'expected --option KEY=VALUE, got "speed"'],
    [['spawn', 'a', '--option', '=x'], 2, 'expected --option KEY=VALUE'],
    [['spawn', 'a', '--policy', 'absent.yaml'], 1, "absent.yaml, which can't be read (ENOENT)"],
    [['spawn', 'a', '--policy', 'broken.yaml'], 1, 'expected YAML in '],
    [['spawn', '.a'], 1, 'body/roomId: expected 1 to 128'],
  ])('%j ends with %i', async (argv, expected, message) => {
    const { url, rooms } = await startServer();
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'broken.yaml'), 'a: [');
    const { code, err } = await call(argv, { url, cwd });
    expect([code, err.text]).toEqual([expected, expect.stringContaining(message)]);
    expect(rooms.requests).toEqual([]);
  });
});

describe('rooms on the command line', () => {
  const now = new FakeClock().now();
  const rooms = [
    roomView('standup', {
      startedAt: now - 65_000,
      counts: { events: 721, violations: 2, rejected: 0, dropped: 0 },
      usage: { pssBytes: 31_457_280, cpuShare: 0.125 },
    }),
    roomView('zoo', {
      state: 'failed',
      pid: null,
      startedAt: now,
      attempt: 3,
      lastEventAt: now - 2_000,
      tenantId: 'acme',
      stop: STOPPED,
    }),
  ];

  it('are listed for people', async () => {
    const { url, rooms: fake } = await startServer();
    fake.add(...rooms);
    const { code, out } = await call(['ls'], { url, tty: true });
    expect(code).toBe(0);
    expect(out.text).toContain('\u001b[');
    expect(out.lines).toEqual([
      'ROOM     STATE                           BOT      CONNECTOR  STARTED    MEMORY  EVENTS  VIOLATIONS',
      'standup  live                            default  local      1 min ago  30 MiB  721     2',
      'zoo      failed (crash_loop, attempt 3)  default  local      0 ms ago   -       3       0',
    ]);
  });

  it('are listed for programs, one JSON object a line', async () => {
    const { url, rooms: fake } = await startServer();
    fake.add(...rooms);
    for (const [argv, tty] of [
      [['ls'], false],
      [['ls', '--json'], true],
    ] as const) {
      const { out } = await call([...argv], { url, tty });
      expect(out.lines.map((line) => JSON.parse(line) as unknown)).toEqual(rooms);
    }
  });

  it('are listed all, however many pages they take', async () => {
    const { url, rooms: fake } = await startServer();
    const ids = Array.from({ length: 2_500 }, (_, i) => `room-${1_000 + i}`);
    fake.add(...ids.map((id) => roomView(id)));
    const { out } = await call(['ls'], { url });
    expect(out.lines.map((line) => (JSON.parse(line) as { roomId: string }).roomId)).toEqual(ids);
  });

  it('may be none', async () => {
    const { url } = await startServer();
    expect((await call(['ls'], { url, tty: true })).out.text).toBe('no rooms; start one with `roomd spawn ROOM`\n');
    expect((await call(['ls'], { url })).out.text).toBe('');
  });

  it('are shown whole', async () => {
    const { url, rooms: fake } = await startServer();
    fake.add(...rooms);
    const { out } = await call(['show', 'zoo'], { url, tty: true, env: { NO_COLOR: '1' } });
    expect(out.text).toMatchInlineSnapshot(`
      "zoo
        state       failed
        bot         default on local
        run         run-1, attempt 3
        tenant      acme
        started     0 ms ago
        last event  2 s ago
        events      3, 0 lines rejected, 0 dropped
        violations  0
        policy      0f0f0f0f
        spec        0f0f0f0f
        ended       crash_loop (code 1)
        last words
          a secret
          another
      "
    `);
    expect(JSON.parse((await call(['show', 'zoo'], { url })).out.text)).toEqual(rooms[1]);
    const running = (await call(['show', 'standup'], { url, tty: true })).out.lines;
    expect(running.slice(2, 6)).toEqual([
      '  bot         default on local',
      '  process     4711',
      '  memory      30 MiB',
      '  cpu         13% of a processor',
    ]);
  });

  it('are shown with the call that their bot is in, unless an older roomd does not say', async () => {
    const { url, rooms: fake } = await startServer();
    fake.add(roomView('a', { connector: 'daily', call: 'https://team.daily.co/standup' }));
    const { out } = await call(['show', 'a'], { url, tty: true });
    expect(out.lines.slice(2, 4)).toEqual([
      '  bot         default on daily',
      '  call        https://team.daily.co/standup',
    ]);
    const { call: _, ...old } = roomView('a');
    expect(roomSheet(old as RoomView, old.startedAt, (_style, text) => text).join()).not.toMatch(/call|undefined/);
  });

  it('are stopped', async () => {
    const { url, rooms: fake } = await startServer();
    fake.add(...rooms);
    expect((await call(['stop', 'standup'], { url, tty: true })).out.lines).toEqual(['standup is stopping']);
    expect(JSON.parse((await call(['stop', 'standup'], { url })).out.text)).toMatchObject({ state: 'stopping' });
  });

  it.each([['show'], ['stop'], ['tail']])('%s says when there is no such room', async (command) => {
    const { url } = await startServer();
    const { code, err } = await call([command, 'nope'], { url });
    expect([code, err.lines]).toEqual([1, [expect.stringContaining('There is no such room: no room "nope"')]]);
  });

  it('with a strange name are asked for by that name', async () => {
    const { url } = await startServer();
    expect((await call(['show', '../ready'], { url })).err.text).toContain('expected 1 to 128');
  });
});

describe('what can be wrong with the daemon', () => {
  it('none is there', async () => {
    const { url, server } = await startServer();
    await server.close();
    const { code, err } = await call(['ls'], { url });
    expect([code, err.lines]).toEqual([
      1,
      [`roomd: no roomd at ${url}; start one with \`roomd serve\`, or set ROOMD_URL to where it runs`],
    ]);
  });

  it('it asks for a token, or for another one', async () => {
    const sha256 = createHash('sha256').update('secret').digest('hex');
    const { url } = await startServer({ tokens: [{ name: 't', sha256, scopes: ['rooms:read'] }] });
    expect((await call(['ls'], { url })).err.text).toContain('; set ROOMD_TOKEN');
    expect((await call(['ls'], { url, env: { ROOMD_TOKEN: 'wrong' } })).err.text).toContain('; check ROOMD_TOKEN');
    expect((await call(['ls'], { url, env: { ROOMD_TOKEN: 'secret' } })).code).toBe(0);
    expect((await call(['stop', 'a'], { url, env: { ROOMD_TOKEN: 'secret' } })).err.text).toContain('rooms:write');
  });

  it.each([200, 404])('it is something else (%i)', async (status) => {
    const other = createServer((_request, response) => response.writeHead(status).end('<h1>hello</h1>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, err } = await call(['ls'], { url });
    expect([code, err.text]).toEqual([1, expect.stringContaining(`expected roomd at ${url}`)]);
  });

  it('the address is none', async () => {
    const { code, err } = await call(['ls'], { url: 'localhost:7070' });
    expect([code, err.text]).toEqual([2, expect.stringContaining('expected ROOMD_URL to be an address')]);
  });
});

describe('roomd spec and roomd config', () => {
  it('spec check and version agree', async () => {
    const version = (await call(['spec', 'version'])).out.text.trim();
    expect(version).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(JSON.parse((await call(['spec', 'version', '--json'])).out.text)).toEqual({ specVersion: version });
    const { code, out } = await call(['spec', 'check']);
    expect([code, JSON.parse(out.text)]).toMatchObject([0, { ok: true, specVersion: version }]);
    expect((await call(['spec', 'check'], { tty: true })).out.text).toMatch(/^\d+ topics, sha256:/);
  });

  it('config check lists every fault', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'roomd.yaml'), 'http: { port: many }\nrums: 1\n');
    const { code, err } = await call(['config', 'check'], { cwd });
    expect(code).toBe(1);
    expect(err.text).toContain('http.port');
    expect(err.text).toContain('rums: unknown key');
  });

  it('config check says what it understood', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'roomd.yaml'), 'http: { port: 1 }\nrooms: { idleTimeout: 90s, memory: 64MiB }\n');
    const env = { ROOMD_ROOMS_MAX: '7' };
    const understood = loadConfig({ cwd, env });
    expect(understood).toMatchObject({ http: { port: 1 }, rooms: { idleTimeout: 90_000, memory: 67_108_864, max: 7 } });
    for (const [argv, tty] of [
      [['config', 'check'], false],
      [['config', 'check', '--json'], true],
    ] as const) {
      const { code, out } = await call([...argv], { cwd, env, tty });
      expect([code, out.lines.length, JSON.parse(out.text)]).toEqual([0, 1, understood]);
    }
    const { code, out } = await call(['config', 'check'], { cwd, env, tty: true });
    expect([code, parse(out.text)]).toEqual([0, understood]);
    expect(out.text).toContain('\n  idleTimeout: 90000\n');
  });

  it('config check shows no secret of an address, nor of a line that is no YAML', async () => {
    const cwd = await temporaryFolder();
    const layers = ['https://host/a.yaml?key=s3cret#s3cret', './a.yaml?b', { url: 'https://host/b.yaml?s3cret' }];
    const forward = { endpoint: 'http://ada:s3cret@127.0.0.1:5555?s3cret' };
    await writeFile(join(cwd, 'roomd.yaml'), JSON.stringify({ policy: { layers }, forward }));
    for (const tty of [false, true]) {
      const { code, out } = await call(['config', 'check'], { cwd, tty });
      expect([code, parse(out.text)]).toMatchObject([
        0,
        {
          policy: { layers: ['https://host/a.yaml', join(cwd, 'a.yaml?b'), { url: 'https://host/b.yaml' }] },
          forward: { endpoint: 'http://127.0.0.1:5555' },
        },
      ]);
      expect(out.text).not.toContain('s3cret');
    }
    await writeFile(join(cwd, 'roomd.yaml'), 'forward: { endpoint: s3cret\nhttp: s3cret');
    const { code, err } = await call(['config', 'check'], { cwd });
    expect([code, err.text]).toEqual([1, expect.stringMatching(/is not YAML: [A-Z_]+ at line \d+, column \d+/)]);
    expect(err.text).not.toContain('s3cret');
  });

  it('config schema is a JSON Schema', async () => {
    const { out } = await call(['config', 'schema']);
    expect(JSON.parse(out.text)).toMatchObject({ type: 'object', properties: { http: {}, rooms: {} } });
  });
});

describe('wrong usage', () => {
  it.each([[[]], [['nope']], [['spawn']], [['ls', '--nope']], [['serve', '--port', '70000']], [['spec', 'nope']]])(
    '%j ends with 2 and a hint',
    async (argv) => {
      const { code, out, err } = await call(argv);
      expect([code, out.text]).toEqual([2, '']);
      expect(err.text).toMatch(/Usage: roomd|See `roomd help COMMAND`/);
    },
  );

  it('help and version are none', async () => {
    expect(await call(['--version'])).toMatchObject({ code: 0, out: { text: '0.0.0-test\n' } });
    expect((await call(['help', 'tail'])).out.text).toContain('--topic <pattern>');
  });
});
