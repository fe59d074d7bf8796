import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';

/** Socket.IO by hand, as far as its hello; where to go on with it. Nobody polls then. */
async function openPolling(url: string): Promise<string> {
  const path = '/socket.io/?EIO=4&transport=polling';
  const opened = await (await fetch(url + path)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const session = `${path}&sid=${sid}`;
  await fetch(url + session, { method: 'POST', body: '40' });
  for (let text = ''; !text.includes('"hello"'); ) text = await (await fetch(url + session)).text();
  return session;
}

// The library would wait half a minute for each of them.
it('clients that no longer poll keep no process alive that is to end', { timeout: 25_000 }, async () => {
  const roomd = await serve(await temporaryFolder());
  const said = await openPolling(roomd.url);
  await fetch(roomd.url + said, { method: 'POST', body: '41' });

  const torn = connect(Number(new URL(roomd.url).port), '127.0.0.1');
  await once(torn, 'connect');
  const head = ['Host: localhost', 'Content-Type: text/plain', 'Content-Length: 100'];
  torn.end([`POST ${await openPolling(roomd.url)} HTTP/1.1`, ...head, '', '42'].join('\r\n'));
  while ((await roomd.metric('roomd_live_subscribers')) > 0);

  await openPolling(roomd.url);
  expect(await roomd.end('SIGTERM')).toBe(0);
});
