import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadSpec, specFolder } from '../../spec/codegen/load.ts';
import { isTopic, parseEnvelope, payloadProblem } from '../../spec/envelope.ts';
import { registry } from '../../spec/generated/registry.ts';
import committed from '../../spec/generated/spec-version.json' with { type: 'json' };
import type { TopicId } from '../../spec/generated/topics.ts';
import { installOwnTopics } from '../../spec/own-topics.ts';
import { isAct } from '../../spec/policy-acts.ts';
import * as version from '../../spec/spec-version.ts';
import { canonicalSpec, sha256 } from '../../spec/version.ts';
import { temporaryFolder } from '../helpers/daemon.ts';
import { descriptor, order, word, writeTopics } from './own-topic-files.ts';

const OWN = 'acme.order.placed' as TopicId;
const line = (topic: string, payload: unknown) =>
  JSON.stringify({
    id: '01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f',
    ts: 1,
    topic,
    specVersion: version.specVersion,
    runtime: 'bot',
    payload,
  });

afterEach(() => installOwnTopics([]));

describe('topics of their own', () => {
  it('are topics like the others once they are installed, and gone when others are', async () => {
    const folder = writeTopics(await temporaryFolder(), order);
    expect(isTopic(OWN)).toBe(false);
    await installOwnTopics([folder]);
    expect(isTopic(OWN)).toBe(true);
    expect(parseEnvelope(line(OWN, { orderId: '7' }))).toMatchObject({ ok: true });
    expect(parseEnvelope(line(OWN, { orderId: 7 }))).toMatchObject({ ok: false, reason: 'invalid_payload' });
    expect(payloadProblem(OWN, { orderId: '7', more: 1 })).toBe('the object must NOT have additional properties');
    expect(registry[OWN]).toEqual({
      version: 1,
      class: 'authoritative',
      piiLevel: 1,
      redact: ['/items/*/name', '/note'],
      forwarding: { mode: 'forward', priority: 'normal', sampleRate: 1 },
      own: true,
    });
    // Rates count it, as they did when nothing was known of it.
    expect([isAct(OWN), isAct('room.participant.left')]).toEqual([true, false]);
    for (const name of ['constructor', '__proto__', 'acme.order', 'toString']) expect(isTopic(name)).toBe(false);
    await installOwnTopics([writeTopics(join(folder, 'other'), word)]);
    expect([isTopic(OWN), isTopic('acme.word.said'), isTopic('room.message.sent')]).toEqual([false, true, true]);
    expect(Object.hasOwn(registry, OWN)).toBe(false);
  });

  it('are hashed together with the built-in ones, whichever folder they are in', async () => {
    const [both, one, two] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
    writeTopics(both, order, word);
    writeTopics(one, order);
    writeTopics(two, word);
    const builtIn = version.specVersion;
    expect(builtIn).toBe(committed.specVersion);
    await installOwnTopics([both]);
    const combined = version.specVersion;
    expect(combined).not.toBe(builtIn);
    await installOwnTopics([two, one]);
    expect(version.specVersion).toBe(combined);
    const sources = loadSpec(specFolder, [one, two]);
    expect(sha256(canonicalSpec(sources.topics, sources.forwarding))).toBe(combined);
    await installOwnTopics([one]);
    expect(version.specVersion).not.toBe(combined);
    expect([combined, builtIn, version.specVersion].map(version.acceptsVersion)).toEqual([false, true, true]);
    await installOwnTopics([]);
    expect(version.specVersion).toBe(builtIn);
    expect(version.acceptsVersion(combined)).toBe(false);
  });

  it('change nothing when one of them is wrong, and every fault is named', async () => {
    const good = writeTopics(await temporaryFolder(), word);
    await installOwnTopics([good]);
    const before = version.specVersion;
    const bad = writeTopics(
      await temporaryFolder(),
      descriptor('room.message.sent'),
      descriptor('supervisor.mine'),
      descriptor('conversation.mine'),
      descriptor('acme.loose', { class: 'important' }),
    );
    const empty = await temporaryFolder();
    const fails = installOwnTopics([good, bad, empty, '/nowhere/at/all']);
    await expect(fails).rejects.toMatchObject({
      name: 'SpecError',
      problems: [
        expect.stringMatching(/acme\.loose\.json: class/),
        expect.stringContaining(`${empty}: expected descriptors of topics`),
        expect.stringContaining('/nowhere/at/all: expected a folder of topic descriptors'),
        expect.stringContaining('conversation.mine.json: id: expected none that begins with supervisor., forwarding.'),
        expect.stringContaining("room.message.sent.json: id: room.message.sent is a topic of roomd's own"),
        expect.stringContaining('supervisor.mine.json: id: expected none'),
      ],
    });
    const inexpressible = writeTopics(
      await temporaryFolder(),
      descriptor('acme.either', { schema: { ...(order.schema as object), properties: { orderId: { anyOf: [] } } } }),
      descriptor('acme.examples', { examples: [{}] }),
    );
    await expect(installOwnTopics([inexpressible])).rejects.toMatchObject({
      problems: [
        expect.stringContaining('/schema/properties/orderId/anyOf: found anyOf'),
        expect.stringContaining('examples[0]'),
      ],
    });
    await expect(installOwnTopics([good, good])).rejects.toThrow(/acme\.word\.said is in .* too: keep one/);
    expect(version.specVersion).toBe(before);
    expect(isTopic('acme.word.said')).toBe(true);
  });
});
