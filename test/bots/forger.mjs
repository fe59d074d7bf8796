// Would have its events taken for those of another room: writes over what its run folder says, and makes folders of runs
// that never were, each with something in it to be taken in.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import { envelope, join, uuid7, write } from './wire.mjs';

join();
const spill = process.env.ROOMD_SPILL_PATH;
const own = dirname(spill);
const signed = JSON.parse(readFileSync(path(own, 'origin.json'), 'utf8'));
const { origin } = signed;
const forged = { ...signed, origin: { ...origin, roomId: 'victim', tenantId: 'rich' } };
const folders = [own, ...[uuid7(), uuid7(), uuid7(), 'anything'].map((name) => path(dirname(own), name))];
const origins = [forged, forged, signed, forged.origin, forged];
for (const [i, folder] of folders.slice(1).entries()) {
  mkdirSync(folder);
  writeFileSync(path(folder, 'origin.json'), JSON.stringify(origins[i + 1]));
}
writeFileSync(path(own, 'origin.json'), JSON.stringify(forged));
for (const folder of folders) {
  const lie = envelope('room.participant.joined', { participantId: 'forged', isBot: false });
  writeFileSync(path(folder, 'unacknowledged.jsonl'), `${JSON.stringify(lie)}\n`);
}
write('room.participant.joined', { participantId: 'done', isBot: false });
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
