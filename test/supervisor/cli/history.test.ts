import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { recordingText } from '../../helpers/recorded.ts';
import { entry, spoken, startServer } from '../http/rig.ts';
import { call } from './rig.ts';

const TEXT = recordingText([['room.participant.joined', { participantId: 'A', isBot: false }, 0]]);

async function rig() {
  const server = await startServer();
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'talk.jsonl'), TEXT);
  return { ...server, cwd };
}

describe('roomd export', () => {
  it('writes the recording to the output, or into a file of its owner alone', async () => {
    const { url, log, cwd } = await rig();
    const events = [entry({ roomId: 'a' }), entry(spoken('hello', 'a'))];
    await log.append(events);
    const { code, out } = await call(['export', 'a'], { url });
    expect([code, out.lines.slice(1)]).toEqual([0, events.map(({ json }) => json)]);
    const { err } = await call(['export', 'a', '--out', 'a.jsonl'], { url, cwd });
    expect(err.text).toContain(`2 events in ${join(cwd, 'a.jsonl')}`);
    expect(await readFile(join(cwd, 'a.jsonl'), 'utf8')).toBe(out.text);
    expect((await stat(join(cwd, 'a.jsonl'))).mode & 0o777).toBe(0o600);
  });

  it('leaves no file behind where there is no room, and none half written', async () => {
    const { url, cwd } = await rig();
    const unknown = await call(['export', 'nowhere', '--out', 'x.jsonl'], { url, cwd });
    expect([unknown.code, unknown.err.text]).toEqual([1, expect.stringContaining('no room "nowhere"')]);
    const elsewhere = await call(['export', 'nowhere', '--out', 'no/such/x.jsonl'], { url, cwd });
    expect(elsewhere.code).toBe(1);
    expect(await readdir(cwd)).toEqual(['talk.jsonl']);
  });
});

describe('roomd import', () => {
  it('keeps a file under its name, or another', async () => {
    const { url, cwd, recordings } = await rig();
    const { code, out } = await call(['import', 'talk.jsonl', '--json'], { url, cwd });
    expect([code, JSON.parse(out.text)]).toEqual([0, expect.objectContaining({ name: 'talk', roomId: 'talk' })]);
    const named = await call(['import', 'talk.jsonl', '--name', 'other'], { url, cwd, tty: true });
    expect(named.out.lines[1]).toBe('play it with `roomd replay other`');
    expect((await recordings.list()).map(({ name }) => name)).toEqual(['other', 'talk']);
  });

  it.each([
    [['missing.jsonl'], 1, "which can't be read (ENOENT)"],
    [['bad.jsonl'], 1, 'line 2: expected one JSON object a line'],
    [['talk.jsonl', '--name', 'a/b'], 2, 'got "a/b": give one with --name'],
  ])('refuses %j', async (argv, code, message) => {
    const { url, cwd } = await rig();
    await writeFile(join(cwd, 'bad.jsonl'), `${recordingText([])}no\n`);
    const result = await call(['import', ...argv], { url, cwd });
    expect([result.code, result.err.text]).toEqual([code, expect.stringContaining(message)]);
  });
});

it('what a recording is called goes to a terminal as text', async () => {
  const url = 'http://127.0.0.1:9';
  const roomId = 'a\x1b[31m\nb';
  const recording = { name: 'talk', bytes: 9, roomId, missing: true, masked: true };
  vi.stubGlobal('fetch', async () => Response.json(recording));
  onTestFinished(() => void vi.unstubAllGlobals());
  const { cwd } = await rig();
  const kept = await call(['import', 'talk.jsonl'], { url, cwd, tty: true });
  expect([kept.out.text.includes('\x1b[31m\n'), kept.out.text]).toEqual([
    false,
    expect.stringContaining('9 bytes of a'),
  ]);
  const played = await call(['replay', './talk.jsonl'], { url, cwd });
  expect([played.err.text.includes('\x1b'), played.err.text]).toEqual([false, expect.stringContaining('is masked')]);
});

describe('roomd replay', () => {
  it('plays a file, at a speed, with a policy, a bot and a room of choice', async () => {
    const { url, cwd, rooms } = await rig();
    await writeFile(join(cwd, 'p.yaml'), 'turns: { maxChars: 9 }');
    const options = ['--speed', '10', '--policy', 'p.yaml', '--bot', 'mine', '--room', 'again', '--attempt', '2'];
    const { code, err } = await call(['replay', './talk.jsonl', ...options, '--option', 'scoreEvery=5000'], {
      url,
      cwd,
    });
    expect([code, err.text]).toEqual([0, '']);
    expect(rooms.requests).toMatchObject([
      {
        roomId: 'again',
        connector: 'recording',
        bot: 'mine',
        policy: { turns: { maxChars: 9 } },
        options: { recording: 'talk', speed: 10, attempt: 2, scoreEvery: 5_000 },
      },
    ]);
  });

  it('plays a room as it is now, and says what it lacks', async () => {
    const { url, log, rooms, recordings } = await rig();
    await log.append(Array.from({ length: 5 }, () => entry({ roomId: 'a', topic: 'room.dominance.score' })));
    await log.trim({ maxEventsPerRoom: 2, before: 0, passed: 5 });
    const { code, err } = await call(['replay', 'a'], { url });
    expect([code, err.text]).toEqual([0, expect.stringContaining('some events of a were no longer kept')]);
    expect(rooms.requests).toMatchObject([{ roomId: 'a.replay', options: { recording: 'a.replay', speed: 1 } }]);
    expect(await recordings.list()).toMatchObject([{ name: 'a.replay', roomId: 'a', missing: true }]);
  });

  it('plays a recording that is kept, of a name that no room has', async () => {
    const { url, cwd, rooms } = await rig();
    await call(['import', 'talk.jsonl'], { url, cwd });
    expect((await call(['replay', 'talk'], { url })).code).toBe(0);
    expect(rooms.requests).toMatchObject([{ roomId: 'talk.replay', options: { recording: 'talk' } }]);
    const { code, err } = await call(['replay', 'nothing'], { url });
    expect([code, err.text]).toEqual([1, expect.stringContaining('there is no "nothing"')]);
    expect((await call(['replay', 'talk', '--speed', '0'], { url })).code).toBe(2);
  });
});
