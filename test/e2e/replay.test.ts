import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type Event, root, temporaryFolder } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';

const MEETINGS = join(root, 'scripts/demo-room/meetings');
/** What depends on the machine and the run, not on what happened in the room. */
const OF_THE_RUN = /^(?:supervisor|events|bot|assistant\.(?:session|room))\.|^conversation\.policy\.loaded$/;

const POLICY = {
  turns: { maxPerMinute: 1, maxConsecutive: 3 },
  rates: [{ id: 'chat', topic: 'room.message.sent', limit: 3, per: '10m' }],
  attention: { cooldown: '20s' },
};

const happened = (events: readonly Event[]) =>
  events.flatMap(({ envelope: { topic, payload } }) => (OF_THE_RUN.test(topic) ? [] : [{ topic, payload }]));

it('the sample meeting, exported and replayed, goes the same way at any speed', { timeout: 120_000 }, async () => {
  const data = await temporaryFolder();
  const config = { connectors: { transcript: { folder: MEETINGS } }, rooms: { shutdownGrace: '5s' } };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
  await writeFile(join(data, 'policy.yaml'), JSON.stringify(POLICY));
  const roomd = await serve(data);
  const cli = async (...args: string[]) => {
    const env = { ...process.env, ROOMD_URL: roomd.url };
    return promisify(execFile)(process.execPath, [join(root, 'supervisor/main.ts'), ...args], { cwd: data, env });
  };
  const talkative = { scoreEvery: 5_000, dominanceThreshold: 0.05, minSpeech: 1_000, messageEvery: 0 };
  const meeting = 'launch-page';
  await roomd.spawn('original', { connector: 'transcript', options: { meeting, speed: 600 } });
  expect(await roomd.over('original')).toMatchObject({ stop: { reason: 'bot_done' } });
  const original = happened(await roomd.history('original'));

  // Whole, by way of a file, and with no other policy: what was observed and what was made of it are the same again.
  await cli('export', 'original', '--out', 'taped.jsonl');
  await cli('replay', './taped.jsonl', '--speed', '300', '--room', 'again');
  expect(await roomd.over('again')).toMatchObject({ stop: { reason: 'bot_done', code: 0 } });
  const derived = (events: typeof original) =>
    events.filter(({ topic }) => topic !== 'room.message.sent' && topic !== 'assistant.tool.invoked');
  expect(derived(happened(await roomd.history('again')))).toEqual(derived(original));

  // Through another policy: the same at each speed, messages and violations included, and nobody finds fault with it.
  const options = Object.entries(talkative).flatMap(([key, value]) => ['--option', `${key}=${value}`]);
  const runs: (typeof original)[] = [];
  for (const speed of ['2000', '150', '700']) {
    const room = `at-${speed}`;
    await cli('replay', 'original', '--speed', speed, '--policy', 'policy.yaml', '--room', room, ...options);
    const view = await roomd.over(room);
    expect(view).toMatchObject({ stop: { reason: 'bot_done', code: 0 }, counts: { rejected: 0, dropped: 0 } });
    runs.push(happened(await roomd.history(room)));
  }
  const [first = [], ...others] = runs;
  for (const other of others) expect(other).toEqual(first);
  const count = (topic: string) => first.filter((each) => each.topic === topic).length;
  expect(count('room.message.sent')).toBeGreaterThan(1);
  expect(count('conversation.policy.violation')).toBeGreaterThan(0);
  expect(count('room.transcript.received')).toBe(
    original.filter(({ topic }) => topic === 'room.transcript.received').length,
  );
  expect(JSON.stringify(first)).not.toContain('"unreported"');
  expect(await roomd.end('SIGTERM')).toBe(0);
});
