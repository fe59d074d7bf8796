import { createHash } from 'node:crypto';
import { build, type Plugin } from 'esbuild';
import { specVersion } from '../../spec/spec-version.ts';
import { makeCode } from './code-cache.ts';
import { shared } from './shared.ts';

/** Hashing the contract at every start would take a bot 5 ms, most of them for loading node:crypto. */
const hashedSpec: Plugin = {
  name: 'hashed-spec',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/spec\/spec-version\.ts$/ }, () => ({
      contents: `export const specVersion = ${JSON.stringify(specVersion)};`,
    }));
  },
};

/** The bot is one script with everything inside, the code that V8 makes of it, and bot.cjs, which starts the two. */
export async function buildBot(): Promise<Map<string, string | Uint8Array>> {
  const options = { ...shared, format: 'cjs', minify: true } as const;
  const wrap = { banner: { js: '(function(require){' }, footer: { js: '})' } };
  const bundled = await build({ ...options, ...wrap, entryPoints: ['./bot/main.ts'], plugins: [hashedSpec] });
  const text = textOf(bundled);
  const code = await makeCode(text);
  // Named by their content: whichever start is read, it finds what it was built for.
  const [script, cache] = [`bot-${hash(text)}.js`, `bot-${hash(code)}.code`];
  const node = `${process.version} ${process.platform} ${process.arch}`;
  const define = { BUILT: JSON.stringify({ script, code: cache, node }) };
  const start = await build({ ...options, entryPoints: ['./bot/start.ts'], define });
  return new Map<string, string | Uint8Array>([
    [script, text],
    [cache, code],
    ['bot.cjs', textOf(start)],
  ]);
}

function textOf({ outputFiles }: { outputFiles: { text: string }[] }): string {
  return outputFiles[0]?.text ?? '';
}

function hash(contents: string | Uint8Array): string {
  return createHash('sha256').update(contents).digest('hex').slice(0, 16);
}
