// What `node dist/bot.cjs` runs first: the bot itself is a script beside it, with the code that V8 made of it at build.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** File names beside this one, and the Node whose code that is; written in by the build. */
declare const BUILT: { readonly script: string; readonly code: string; readonly node: string };
type Bot = (load: NodeJS.Require) => void;

const path = join(__dirname, BUILT.script);
const script = new Script(readFileSync(path, 'latin1'), { filename: path, cachedData: readCode() });
(script.runInThisContext() as Bot)(require);

/** Undefined where it is of no use: then V8 compiles, which takes longer and changes nothing else. */
function readCode(): Buffer | undefined {
  if (`${process.version} ${process.platform} ${process.arch}` !== BUILT.node || process.argv[2] === '--compile') {
    return undefined;
  }
  try {
    return readFileSync(join(__dirname, BUILT.code));
  } catch {
    return undefined;
  }
}
