// Tells what it is told of its assistant.
import { join, obey, write } from './wire.mjs';

join();
const { ROOMD_ASSISTANT_ID: id = null, ROOMD_ASSISTANT: assistant = null } = process.env;
const text = JSON.stringify({ id, assistant });
write('room.transcript.received', { participantId: 'facts', text, at: 0, endAt: 0, final: true });
obey();
