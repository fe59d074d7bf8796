import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { specFolder } from '../../../spec/codegen/load.ts';
import { root, temporaryFolder } from '../../helpers/daemon.ts';
import { descriptor, order, word, writeTopics } from '../../spec/own-topic-files.ts';
import { call } from './rig.ts';

const MESSAGE = 'topics/room.message.sent.json';

/** A spec folder as it was when message texts could be longer and were not masked. */
async function earlierSpec(): Promise<string> {
  const folder = join(await temporaryFolder(), 'spec');
  for (const part of ['topics', 'config', 'schemas'])
    cpSync(join(specFolder, part), join(folder, part), { recursive: true });
  const file = join(folder, MESSAGE);
  const topic = JSON.parse(readFileSync(file, 'utf8'));
  topic.schema.properties.text.maxLength = 9_999;
  topic.redact = [];
  writeFileSync(file, JSON.stringify(topic));
  return folder;
}

async function repository() {
  const folder = await temporaryFolder();
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  const git = (...args: string[]) => execa('git', [...who, ...args], { cwd: folder });
  await git('init', '--quiet');
  return {
    folder,
    commit: async (name: string) => {
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', name);
      await git('tag', name);
    },
  };
}

describe('roomd spec diff', () => {
  it('names what has changed since a folder or a package, and fails when something breaks', async () => {
    const spec = await earlierSpec();
    const home = join(spec, '..');
    mkdirSync(join(home, 'package'));
    cpSync(spec, join(home, 'package/spec'), { recursive: true });
    await execa('tar', ['-czf', 'roomd.tgz', 'package/spec'], { cwd: home });
    for (const ref of ['spec', '.', './roomd.tgz', spec]) {
      const { code, out, err } = await call(['spec', 'diff', '--against', ref], { cwd: home });
      expect([ref, code, err.text, out.lines]).toEqual([
        ref,
        1,
        '',
        [
          `breaking    ${MESSAGE}: only /text masked for readers, no longer the whole payload, because the other words that people said are shown now`,
          `breaking    ${MESSAGE} /text: bounds tightened, maxLength 9999 → 4096, because bots that keep to the old ones are refused`,
          `compatible  ${MESSAGE}: schema changed, and version is still 1: raise it to 2, analysts tell schemas apart by it`,
          `2 breaking, 1 compatible changes since ${ref}`,
        ],
      ]);
    }
    const { code, out } = await call(['spec', 'diff', '--against', 'spec', '--json'], { cwd: home });
    const lines = out.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect([code, lines[0], lines.at(-1)]).toMatchObject([
      1,
      { file: MESSAGE, at: '', change: 'redaction.narrowed', breaking: true },
      { against: 'spec', breaking: 2, compatible: 1 },
    ]);
  });

  it('succeeds when nothing has changed', async () => {
    const { code, out } = await call(['spec', 'diff', '--against', specFolder]);
    expect([code, out.text]).toEqual([0, `0 breaking, 0 compatible changes since ${specFolder}\n`]);
  });

  it.skipIf(!existsSync(join(root, '.git')))('reads a revision of the repository that the spec is in', async () => {
    const { code, out } = await call(['spec', 'diff', '--against', 'HEAD']);
    expect(out.lines.at(-1)).toMatch(/^\d+ breaking, \d+ compatible changes since HEAD$/);
    expect(code).toBe(out.text.startsWith('breaking') ? 1 : 0);
  });

  it('compares topics of their own with a revision of their own repository, and with a folder', async () => {
    const { folder, commit } = await repository();
    const topics = join(folder, 'deep/topics');
    await commit('empty');
    writeTopics(topics, order, word);
    await commit('v1');
    rmSync(join(topics, 'acme.word.said.json'));
    writeTopics(topics, { ...order, piiLevel: 0 }, descriptor('acme.new'));
    const diff = async (against: string) => {
      const { code, out, err } = await call(['spec', 'diff', '--topics', topics, '--against', against], {
        cwd: folder,
      });
      return [code, err.text, out.lines.map((line) => line.split(/[:,]/)[0])];
    };
    const expected = [
      'breaking    topics/acme.order.placed.json',
      'breaking    topics/acme.word.said.json',
      'compatible  topics/acme.new.json',
      '2 breaking',
    ];
    expect(await diff('v1')).toEqual([1, '', expected]);
    expect(await diff('empty')).toEqual([
      0,
      '',
      ['compatible  topics/acme.new.json', 'compatible  topics/acme.order.placed.json', '0 breaking'],
    ]);
    writeTopics(join(folder, 'old'), order, word);
    expect(await diff('old')).toEqual([1, '', expected]);
  });

  it.each([
    ['no-such-revision', 'to be a revision of the git repository'],
    ['HEAD:spec', 'to be a revision of the git repository'],
    ['--output=file', 'got what looks like an option'],
    ['', 'got what looks like an option'],
    ['.', 'expected . to hold the folder topics or spec/topics'],
    ['file', 'expected file to be a package'],
  ])('says what is wrong with %j, and does not call that a breaking change', async (ref, message) => {
    const cwd = await temporaryFolder();
    writeFileSync(join(cwd, 'file'), 'no package');
    const { code, out, err } = await call(['spec', 'diff', '--against', ref], { cwd });
    expect([code, out.text, err.text]).toEqual([2, '', expect.stringContaining(message)]);
  });

  it('wants to know against what', async () => {
    const { code, err } = await call(['spec', 'diff']);
    expect([code, err.text]).toEqual([2, expect.stringContaining('--against')]);
  });
});

describe('roomd spec with topics of their own', () => {
  it('checks them with the built-in ones', async () => {
    const topics = writeTopics(await temporaryFolder(), order);
    const good = await call(['spec', 'check', '--topics', topics]);
    const plain = await call(['spec', 'check']);
    const told = JSON.parse(good.out.text) as { topics: number; specVersion: string };
    const without = JSON.parse(plain.out.text) as { topics: number; specVersion: string };
    expect([good.code, told.topics]).toEqual([0, without.topics + 1]);
    expect(told.specVersion).not.toBe(without.specVersion);

    const second = writeTopics(
      await temporaryFolder(),
      word,
      descriptor('bot.mine'),
      descriptor('acme.x', { redact: ['/y'] }),
    );
    const { code, err } = await call(['spec', 'check', '--topics', topics, '--topics', second]);
    expect([code, err.text]).toEqual([
      1,
      expect.stringContaining(`${second}/bot.mine.json: id: expected none that begins`),
    ]);
    rmSync(join(second, 'bot.mine.json'));
    const pointer = await call(['spec', 'check', '--topics', topics, '--topics', second]);
    expect(pointer.err.text).toContain(`${second}/acme.x.json: redact: found /y`);
  });

  it('writes what the author of a bot needs, and leaves its own files alone', async () => {
    const cwd = await temporaryFolder();
    writeTopics(join(cwd, 'topics'), order);
    const generated = readFileSync(join(specFolder, 'generated/registry.ts'), 'utf8');
    const { code, out } = await call(['spec', 'codegen', '--topics', 'topics', '--out', 'made'], { cwd });
    const { files, specVersion } = JSON.parse(out.text) as { files: string[]; specVersion: string };
    expect([code, files]).toEqual([0, ['topics.ts', 'command.ts', 'registry.ts', 'schemas.json', 'spec-version.json']]);
    const read = (name: string) => readFileSync(join(cwd, 'made', name), 'utf8');
    expect(JSON.parse(read('spec-version.json'))).toEqual({ specVersion });
    expect((await call(['spec', 'version', '--topics', 'topics'], { cwd })).out.text).toBe(`${specVersion}\n`);
    writeFileSync(
      join(cwd, 'made/use.ts'),
      "import { registry } from './registry.ts';\nimport type { TopicPayloads } from './topics.ts';\n" +
        "const order: TopicPayloads['acme.order.placed'] = { orderId: '7', items: [{ sku: 'a' }] };\n" +
        "export const mode: 'forward' | 'local' = registry['acme.order.placed'].forwarding.mode;\nexport default order;\n",
    );
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--allowImportingTsExtensions',
    ];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await execa(process.execPath, [tsc, ...flags, '--skipLibCheck', '--types', '', join(cwd, 'made/use.ts')], { cwd });
    const { mode } = (await import(join(cwd, 'made/use.ts'))) as { mode: string };
    expect(mode).toBe('forward');
    expect(readFileSync(join(specFolder, 'generated/registry.ts'), 'utf8')).toBe(generated);
  });

  it('documents them', async () => {
    const cwd = await temporaryFolder();
    writeTopics(join(cwd, 'topics'), order);
    const { code } = await call(['spec', 'docs', '--topics', 'topics', '--out', 'docs'], { cwd });
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, 'docs/topics.html'), 'utf8')).toContain('<section id="acme.order.placed"');
    expect(JSON.parse(readFileSync(join(cwd, 'docs/asyncapi.json'), 'utf8'))).toMatchObject({
      components: { messages: { 'forwarded-acme.order.placed': {} } },
    });
  });

  it.each(['codegen', 'docs'])('%s wants to know where to', async (command) => {
    const { code, err } = await call(['spec', command, '--topics', '.'], { cwd: await temporaryFolder() });
    expect([code, err.text]).toEqual([2, expect.stringContaining('expected --out FOLDER with --topics')]);
  });
});
