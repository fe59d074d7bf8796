// Behaves in each attempt as the options say: { attempts: [{ join: "failed", code: 75 }, { silent: true }, …] }.
import { join, write } from './wire.mjs';

const { attempts } = JSON.parse(process.env.ROOMD_OPTIONS);
const mood = attempts[Number(process.env.ROOMD_ATTEMPT) - 1];
if (mood.join === 'failed') {
  write('assistant.room.join.requested', { attempt: 1 });
  write('assistant.room.join.failed', { reason: 'not today', retryable: true });
} else join();
if (mood.silent) setInterval(() => {}, 1000);
else process.exitCode = mood.code;
