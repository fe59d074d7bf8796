// Runs the bot's script, and when it ends writes the code that V8 has made of it by then.
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [, , path, code] = process.argv;
const script = new Script(readFileSync(path, 'latin1'), { filename: path });
process.on('exit', () => writeFileSync(code, script.createCachedData()));
script.runInThisContext()(require);
