// Tells the names of its environment variables, and where it runs.
import { statSync } from 'node:fs';
import { join, obey, write } from './wire.mjs';

join();
const mode = (path) => (statSync(path).mode & 0o777).toString(8);
const facts = {
  names: Object.keys(process.env).sort(),
  folder: mode('.'),
  policy: mode(process.env.BOT_POLICY_PATH),
  argv: process.argv.slice(2),
};
write('room.transcript.received', {
  participantId: 'facts',
  text: JSON.stringify(facts),
  at: 0,
  endAt: 0,
  final: true,
});
obey();
