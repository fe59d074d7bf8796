import { expect, test } from 'vitest';
import { readEnvironment } from '../../bot/environment.ts';

const complete = {
  ROOMD_ROOM_ID: 'room.1',
  ROOMD_RUN_ID: 'run-1',
  ROOMD_ATTEMPT: '3',
  ROOMD_SPEC_VERSION: 'sha256:x',
  ROOMD_CONNECTOR: 'transcript',
  ROOMD_OPTIONS: '{"speed":60}',
  ROOMD_ASSISTANT_ID: 'ass',
  ROOMD_ASSISTANT: '{"id":"ass","name":" Ann ","more":1}',
  ROOMD_TENANT_ID: 'ten',
  ROOMD_HEARTBEAT_MS: '5000',
  ROOMD_SPILL_PATH: '/run/unacknowledged.jsonl',
  BOT_POLICY_PATH: '/run/policy.json',
};

test('the environment is read', () => {
  expect(readEnvironment(complete)).toEqual({
    ok: true,
    environment: {
      roomId: 'room.1',
      runId: 'run-1',
      attempt: 3,
      specVersion: 'sha256:x',
      connector: 'transcript',
      options: { speed: 60 },
      assistantId: 'ass',
      assistantName: 'Ann',
      tenantId: 'ten',
      policyPath: '/run/policy.json',
      heartbeatMs: 5_000,
      spillPath: '/run/unacknowledged.jsonl',
    },
  });
});

test('what may be absent has a default, and an empty variable is absent', () => {
  const { ROOMD_ROOM_ID, ROOMD_RUN_ID, BOT_POLICY_PATH } = complete;
  const result = readEnvironment({ ROOMD_ROOM_ID, ROOMD_RUN_ID, BOT_POLICY_PATH, ROOMD_TENANT_ID: '' });
  expect(result).toMatchObject({
    ok: true,
    environment: {
      attempt: 1,
      connector: 'local',
      options: {},
      heartbeatMs: 15_000,
      tenantId: undefined,
      spillPath: undefined,
    },
  });
});

test.each(['', '{', '[]', 'null', '{}', '{"name":7}', '{"name":"  "}'])(
  'an assistant record that is none, %j, names nobody and is no error',
  (ROOMD_ASSISTANT) => {
    const result = readEnvironment({ ...complete, ROOMD_ASSISTANT });
    expect(result).toMatchObject({ ok: true, environment: { assistantId: 'ass', assistantName: undefined } });
  },
);

test('everything that is wrong is said at once', () => {
  const result = readEnvironment({
    ROOMD_ROOM_ID: '../etc',
    ROOMD_ATTEMPT: '0',
    ROOMD_OPTIONS: '[1]',
    ROOMD_HEARTBEAT_MS: 'often',
    ROOMD_TENANT_ID: 'x'.repeat(129),
  });
  if (result.ok) throw new Error('expected problems');
  expect(result.problems.map((problem) => problem.slice(0, 60))).toEqual([
    'ROOMD_ROOM_ID: expected the name of a room, got "../etc"',
    'ROOMD_RUN_ID: expected the name of this run, got nothing',
    'BOT_POLICY_PATH: expected the path of a policy snapshot, got nothing'.slice(0, 60),
    'ROOMD_ATTEMPT: expected a whole number, 1 or more, got "0"',
    'ROOMD_HEARTBEAT_MS: expected a whole number, 1 or more, got "often"'.slice(0, 60),
    'ROOMD_TENANT_ID: expected at most 128 characters, got "xxxxxxxxxxxx'.slice(0, 60),
    'ROOMD_OPTIONS: expected a JSON object, got "[1]"',
  ]);
});
