// Writes a line of 10 MB, then a good one.
import { join, obey, write } from './wire.mjs';

join();
process.stdout.write(`${'x'.repeat(10 * 1024 * 1024)}\n`);
write('room.participant.joined', { participantId: 'after', isBot: false });
obey();
