// Joins people with longer and longer names, a byte more each, with characters of every length in UTF-8.
import { join, write } from './wire.mjs';

const person = (name) => write('room.participant.joined', { participantId: 'ada', name, isBot: false });
join();
// So that all who follow have as many digits in their sequence numbers.
for (let i = 0; i < 10; i++) person('');
for (let bytes = 0; bytes <= 75; bytes++) person('😀😀ßж€'.repeat(34) + '.'.repeat(bytes));
