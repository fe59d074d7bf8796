// Dies in the middle of a line, after its last words.
import { envelope, join } from './wire.mjs';

join();
process.stderr.write('I feel a little\nunwell\n');
process.stdout.write(
  JSON.stringify(envelope('room.participant.joined', { participantId: 'ada', isBot: false })).slice(0, 60),
);
process.exitCode = 3;
