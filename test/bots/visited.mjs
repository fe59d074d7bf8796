// Somebody is in the room of its first attempt, which crashes; the second one finds nobody and says nothing of it.
import { join, obey, write } from './wire.mjs';

join();
if (process.env.ROOMD_ATTEMPT === '1') {
  write('room.participant.joined', { participantId: 'ada', isBot: false });
  process.exitCode = 1;
} else obey();
