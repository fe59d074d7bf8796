import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { canonicalJson, sha256 } from '../../../spec/version.ts';
import type { RoomPolicy } from '../../../supervisor/room/api.ts';
import { assertNoGaps, type Client, runDaemon, temporaryFolder } from '../../helpers/daemon.ts';

const forbidden = (action: string) => ({
  tools: { deny: ['message.*'] },
  enforcement: [{ severity: 'high', count: 1, within: '10m', action }],
});
const say = (roomd: Client, roomId: string, text: string) =>
  roomd.post(`/v1/rooms/${roomId}/commands`, { type: 'app_message', text });

describe('P20 a violation forced by the policy in the request', () => {
  it.each(['record', 'warn'])('%s: the event, the action, and a bot that survives it', async (action) => {
    const roomd = await runDaemon();
    const room = await roomd.spawn('talk', { policy: forbidden(action) });
    await roomd.until('talk', 'assistant.session.started');
    expect((await say(roomd, 'talk', 'a secret that must not be told')).status).toBe(202);
    const enforced = await roomd.until('talk', 'supervisor.policy.enforced');
    const violation = await roomd.until('talk', 'conversation.policy.violation');
    expect(violation.payload).toEqual({
      policyVersion: room.policyVersion,
      rule: 'tools.deny',
      severity: 'high',
      action: 'blocked',
      subject: 'message.send',
      count: 1,
    });
    expect(enforced.payload).toEqual({
      action,
      rule: 'tools.deny',
      causeId: violation.id,
      policyVersion: room.policyVersion,
    });
    expect(await roomd.room('talk')).toMatchObject({ state: 'live', attempt: 1, counts: { violations: 1 } });
    expect(await roomd.metric('roomd_policy_enforcements_total', `action="${action}"`)).toBe(1);
    await roomd.stop('talk');
    expect(await roomd.over('talk')).toMatchObject({ stop: { reason: 'requested', code: 0 } });
    const events = await roomd.history('talk');
    assertNoGaps(events);
    expect(JSON.stringify(events)).not.toContain('a secret that must not be told');
    expect(events.some(({ envelope }) => envelope.topic === 'room.message.sent')).toBe(false);
  });

  it('terminate: the room ends with reason policy', async () => {
    const roomd = await runDaemon();
    await roomd.spawn('talk', { policy: forbidden('terminate') });
    await roomd.until('talk', 'assistant.session.started');
    await say(roomd, 'talk', 'once');
    expect(await roomd.over('talk')).toMatchObject({ state: 'stopped', stop: { reason: 'policy', code: 0 } });
    const ended = await roomd.until('talk', 'assistant.session.ended');
    expect(ended.payload.reason).toBe('policy');
  });

  it('counts up the ladder in the rolling window, also breaches that the bot sums up', async () => {
    const roomd = await runDaemon();
    const policy = {
      turns: { maxChars: 3 },
      enforcement: [
        { severity: 'low', count: 1, within: '10m', action: 'record' },
        { severity: 'low', count: 3, within: '10m', action: 'terminate' },
      ],
    };
    await roomd.spawn('ladder', { policy });
    await roomd.until('ladder', 'assistant.session.started');
    for (const text of ['too long', 'ok', 'far too long', 'much too long']) await say(roomd, 'ladder', text);
    expect(await roomd.over('ladder')).toMatchObject({ stop: { reason: 'policy' }, counts: { violations: 2 } });
    const actions = (await roomd.history('ladder'))
      .filter(({ envelope }) => envelope.topic === 'supervisor.policy.enforced')
      .map(({ envelope }) => (envelope as Envelope<'supervisor.policy.enforced'>).payload.action);
    expect(actions).toEqual(['record', 'terminate']);
    const sent = (await roomd.history('ladder')).filter(({ envelope }) => envelope.topic === 'room.message.sent');
    expect(sent.map(({ envelope }) => (envelope.payload as { text: string }).text)).toEqual(['ok']);
  });
});

describe('P18 the snapshot', () => {
  it('is composed of all layers, hashed, and acknowledged by the bot', async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, '1-base.yaml'),
      'policyId: base\nturns: { maxChars: 600 }\ntools: { deny: ["payments.**"] }\n',
    );
    await writeFile(
      join(folder, '2-acme.yaml'),
      'policyId: acme\nmatch: { tenantId: acme }\nturns: { maxChars: 100 }\n',
    );
    await writeFile(
      join(folder, '3-other.yaml'),
      'policyId: other\nmatch: { tenantId: other }\nturns: { maxChars: 1 }\n',
    );
    const roomd = await runDaemon({ policy: { layers: [folder] } });
    const room = await roomd.spawn('layers', { tenantId: 'acme', policy: { turns: { maxChars: 300 } } });
    const loaded = await roomd.until('layers', 'conversation.policy.loaded');
    const effective = await roomd.json<RoomPolicy>('/v1/rooms/layers/policy');
    expect(effective).toMatchObject({
      policyVersion: room.policyVersion,
      layers: ['defaults', 'base', 'acme', 'request'],
      policy: { turns: { maxChars: 100 }, tools: { deny: ['payments.**'] } },
      provenance: { 'turns.maxChars': ['acme'], 'tools.deny': ['base'], enforcement: ['defaults'] },
    });
    expect(effective.policyVersion).toBe(sha256(canonicalJson(effective.policy)));
    expect(loaded.payload).toEqual({ policyVersion: room.policyVersion, layers: effective.layers });
  });

  it('refuses the spawn when a layer cannot be read or is invalid: fail closed', async () => {
    const folder = await temporaryFolder();
    const roomd = await runDaemon({ policy: { layers: [folder, join(folder, 'missing.yaml')] } });
    const missing = await roomd.post('/v1/rooms', { roomId: 'no' });
    expect([missing.status, await missing.json()]).toEqual([
      422,
      expect.objectContaining({ detail: expect.stringContaining('missing.yaml') }),
    ]);
    await writeFile(join(folder, 'missing.yaml'), 'turns: { maxChars: many }\nsecrets: 1\n');
    const invalid = await roomd.post('/v1/rooms', { roomId: 'no' });
    const { detail } = (await invalid.json()) as { detail: string };
    expect(invalid.status).toBe(422);
    expect(detail).toMatch(/turns\.maxChars: .*expected number/);
    expect(detail).toContain('secrets');
  });
});
