import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RoomPolicy } from '../../../supervisor/room/api.ts';
import { type Client, runDaemon, temporaryFolder, testBot } from '../../helpers/daemon.ts';
import { serve } from '../../helpers/serve.ts';
import { live, of } from '../room/policy-rig.ts';
import { data, endpoint, QUERY, status } from './rig.ts';

const bots = { named: { command: testBot('named') }, obedient: { command: testBot('obedient') } };
const LISA = { id: 'lisa', name: 'Lisa', policy: { turns: { maxChars: 200, maxPerMinute: 9 } } };
const request = { connector: 'external', bot: 'obedient', assistantId: 'lisa' };

const policyOf = (roomd: Client, roomId: string) => roomd.json<RoomPolicy>(`/v1/rooms/${roomId}/policy`);

async function facts(roomd: Client, roomId: string): Promise<unknown> {
  const { payload } = await roomd.until(roomId, 'room.transcript.received');
  return JSON.parse(payload.text) as unknown;
}

/** A folder with a layer in a file, and a configuration that asks there for assistants. */
async function configured(url: string) {
  const folder = await temporaryFolder();
  const file = join(folder, 'layer.yaml');
  await writeFile(file, 'policyId: house\nturns: { maxChars: 500, maxPerSession: 50 }');
  return { folder, file, assistants: { graphql: { url } }, policy: { layers: [file], reload: '5ms' } };
}

describe('a room with an assistant', () => {
  it('has the policy of its record between the configured and its own, and its bot knows the name', async () => {
    const server = await endpoint(data({ ...LISA, prompt: 'more' }));
    const { assistants, policy } = await configured(server.origin);
    const roomd = await runDaemon({ bots, assistants, policy });
    await roomd.spawn('blue', { ...request, bot: 'named', policy: { turns: { maxPerMinute: 3 } } });
    expect(await facts(roomd, 'blue')).toEqual({ id: 'lisa', assistant: '{"id":"lisa","name":"Lisa"}' });
    expect(await policyOf(roomd, 'blue')).toMatchObject({
      layers: ['defaults', 'house', 'assistant:lisa', 'request'],
      policy: { turns: { maxChars: 200, maxPerMinute: 3, maxPerSession: 50 } },
      provenance: {
        'turns.maxChars': ['assistant:lisa'],
        'turns.maxPerMinute': ['request'],
        'turns.maxPerSession': ['house'],
      },
    });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({ query: QUERY, variables: { id: 'lisa' } });
  });

  it('has a name and nothing more where nobody is asked; one without an assistant asks nobody', async () => {
    const server = await endpoint(data(LISA));
    const without = await runDaemon({ bots });
    await without.spawn('blue', { ...request, bot: 'named' });
    expect(await facts(without, 'blue')).toEqual({ id: 'lisa', assistant: null });
    const { assistants } = await configured(server.origin);
    const roomd = await runDaemon({ bots, assistants });
    await roomd.spawn('blue', { bot: 'named' });
    expect(await facts(roomd, 'blue')).toEqual({ id: null, assistant: null });
    expect(server.asked).toEqual([]);
  });

  it.each([
    ['there is none', data(null), 'there is no such assistant'],
    ['its policy is broken', data({ policy: { turns: 'a secret' } }), "can't be used: policy: turns"],
  ])('is refused for good when %s, and that is in the log', async (_, answering, reason) => {
    const server = await endpoint(answering);
    const { assistants } = await configured(server.origin);
    const roomd = await runDaemon({ bots, assistants });
    const response = await roomd.post('/v1/rooms', { roomId: 'blue', tenantId: 'acme', ...request });
    const problem = (await response.json()) as { type: string; detail: string };
    expect([response.status, problem.type]).toEqual([422, 'urn:roomd:problem:invalid-room']);
    expect(problem.detail).toContain(`assistantId: `);
    expect(problem.detail).toContain(reason);
    expect((await roomd.history('blue')).map(({ envelope }) => envelope)).toMatchObject([
      {
        topic: 'assistant.session.failed',
        roomId: 'blue',
        assistantId: 'lisa',
        tenantId: 'acme',
        payload: { reason: problem.detail, retryable: false },
        meta: { seq: 1 },
      },
    ]);
    expect(await roomd.metric('roomd_rooms_refused_total', 'reason="assistant"')).toBe(1);
    expect(JSON.stringify(await roomd.json('/v1/rooms'))).not.toContain('blue');
  });

  it('is refused for now when nobody answers, and begins when somebody does', async () => {
    const server = await endpoint(status(503));
    const { assistants } = await configured(server.origin);
    const roomd = await runDaemon({ bots, assistants });
    const response = await roomd.post('/v1/rooms', { roomId: 'blue', ...request });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.json()).toMatchObject({
      type: 'urn:roomd:problem:assistant-unavailable',
      detail: `assistantId: nobody says what that assistant is: GraphQL at ${server.origin}: expected HTTP 200, got 503`,
    });
    const [failed] = of(await roomd.history('blue'), 'assistant.session.failed');
    expect(failed?.payload).toMatchObject({ retryable: true });
    server.answer(data(LISA));
    await roomd.spawn('blue', request);
    expect((await policyOf(roomd, 'blue')).layers).toContain('assistant:lisa');
  });

  it('is found by the same request without asking again', async () => {
    const server = await endpoint(data(LISA));
    const { assistants } = await configured(server.origin);
    const roomd = await runDaemon({ bots, assistants: { ...assistants, refresh: '1ms' } });
    await roomd.spawn('blue', request);
    server.answer(status(500));
    const again = await roomd.post('/v1/rooms', { roomId: 'blue', ...request });
    expect([again.status, server.asked.length]).toEqual([200, 1]);
  });

  it('keeps its record when the configured layers change, and nobody is waited for', async () => {
    const server = await endpoint(data(LISA));
    const { assistants, policy, file } = await configured(server.origin);
    const roomd = await runDaemon({ bots, assistants: { ...assistants, refresh: '1ms' }, policy });
    await roomd.spawn('blue', { ...request, policy: { turns: { maxConsecutive: 2 } } });
    server.answer(() => {});
    await writeFile(file, 'policyId: house\nturns: { maxChars: 400, maxPerSession: 5 }');
    await roomd.until('blue', 'supervisor.policy.applied', ({ payload }) => payload.cause === 'reloaded');
    expect(await policyOf(roomd, 'blue')).toMatchObject({
      layers: ['defaults', 'house', 'assistant:lisa', 'request'],
      policy: { turns: { maxChars: 200, maxPerMinute: 9, maxPerSession: 5, maxConsecutive: 2 } },
    });
    expect(server.asked).toHaveLength(1);
  });
});

describe('after kill -9 of the supervisor', { timeout: 60_000 }, () => {
  it('a room comes back with the record that it began with, though nobody answers any more', async () => {
    const server = await endpoint(data(LISA));
    const { folder, assistants, policy } = await configured(server.origin);
    await writeFile(join(folder, 'roomd.yaml'), JSON.stringify({ bots, assistants, policy }));
    const first = await serve(folder);
    await first.spawn('blue', request);
    await live(first, 'blue');
    const before = await policyOf(first, 'blue');
    await first.end('SIGKILL');

    server.answer(() => {});
    const second = await serve(folder);
    await live(second, 'blue', 2);
    expect(await policyOf(second, 'blue')).toMatchObject({
      policyVersion: before.policyVersion,
      layers: ['defaults', 'house', 'assistant:lisa'],
    });
    expect(await second.room('blue')).toMatchObject({ state: 'live', attempt: 2, assistantId: 'lisa' });
    expect(server.asked).toHaveLength(1);
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('a token that is missing is told at the start', async () => {
    const folder = await temporaryFolder();
    const graphql = { url: 'https://api.example/graphql', tokenEnv: 'NO_SUCH_TOKEN' };
    await writeFile(join(folder, 'roomd.yaml'), JSON.stringify({ assistants: { graphql } }));
    await expect(serve(folder)).rejects.toThrow(
      'roomd: assistants.graphql: expected the token in the variable NO_SUCH_TOKEN, of visible ASCII, got none',
    );
  });
});
