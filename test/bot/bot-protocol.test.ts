import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseEnvelope } from '../../spec/envelope.ts';
import { specVersion } from '../../spec/spec-version.ts';

const text = readFileSync(new URL('../../spec/bot-protocol.md', import.meta.url), 'utf8');
const python = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!python)('the bot in the protocol document runs and keeps the protocol', () => {
  const script = /```python\n(.*?)```/s.exec(text)?.[1] ?? '';
  const { stdout, status } = spawnSync('python3', ['-c', script], {
    input: '{"type":"policy.warn","rule":"r","causeId":"c"}\n{"type":"shutdown","reason":"done","deadlineMs":1}\n',
    env: { PATH: process.env.PATH, ROOMD_SPEC_VERSION: specVersion },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const parsed = stdout.trim().split('\n').map(parseEnvelope);
  expect(parsed).toMatchObject([
    { ok: true, envelope: { topic: 'assistant.room.join.requested', specVersion } },
    { ok: true, envelope: { topic: 'assistant.room.join.succeeded' } },
    { ok: true, envelope: { topic: 'assistant.session.ended', payload: { reason: 'done' } } },
  ]);
});

test('the event in the protocol document is valid, with the version put in', () => {
  const line = /```json\n(.*?)\n```/s.exec(text)?.[1] ?? '';
  expect(parseEnvelope(line.replace('sha256:…', specVersion))).toMatchObject({ ok: true });
});
