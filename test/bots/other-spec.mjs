// Was built with another version of the spec.
import { join, obey, write } from './wire.mjs';

process.env.ROOMD_SPEC_VERSION = `sha256:${'ab'.repeat(32)}`;
join();
write('room.participant.joined', { participantId: 'ada', isBot: false });
obey();
