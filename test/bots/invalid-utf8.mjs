// Writes bytes that are no UTF-8 inside a line that would be valid otherwise, then a name beyond ASCII.
import { envelope, join, obey, write } from './wire.mjs';

join();
const line = JSON.stringify(envelope('room.participant.joined', { participantId: 'ada', name: '@', isBot: false }));
const [before, after] = line.split('@');
process.stdout.write(Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28]), Buffer.from(`${after}\n`)]));
write('room.participant.joined', { participantId: 'zoe', name: 'Zoë 🦊', isBot: false });
obey();
