// Says so many lines ("line 1", "line 2" …) as fast as its pipe takes them, `count` of its options, and so many more
// with each application message that is a number.
import { once } from 'node:events';
import { beat, onOrder, options } from './orders.mjs';
import { envelope, join, obey } from './wire.mjs';

const AT_ONCE = 250;
let said = 0;

async function talk(count) {
  for (const last = said + count; said < last; ) {
    let lines = '';
    for (let i = 0; i < AT_ONCE && said < last; i++) {
      const text = `line ${++said}`;
      const payload = { participantId: said % 2 ? 'ada' : 'grace', text, at: said, endAt: said, final: true };
      lines += `${JSON.stringify(envelope('room.transcript.received', payload))}\n`;
    }
    if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
  }
}

join();
beat();
obey();
let turn = talk(options.count ?? 0);
onOrder((text) => {
  turn = turn.then(() => talk(Number(text)));
});
