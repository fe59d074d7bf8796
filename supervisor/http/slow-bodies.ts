import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../spec/runtime/clock.ts';

/** Of a body that isn't there yet, at least so many bytes have to come in so many milliseconds. */
const BYTES = 16_384;
const EACH_MS = 30_000;

/** Ends the connection of a request whose body comes too slowly, or not at all: nobody keeps a place for nothing. */
export function endSlowBody(request: IncomingMessage, clock: Clock): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length === '0' && encoding === undefined) return;
  const { socket } = request;
  let before = socket.bytesRead;
  let timer = clock.after(EACH_MS, look);
  socket.once('close', stop);
  // Whether anybody reads it or not, as far as it has come.
  request.once('end', stop);

  function look(): void {
    if (request.complete) stop();
    else if (socket.bytesRead - before < BYTES) socket.destroy();
    else {
      before = socket.bytesRead;
      timer = clock.after(EACH_MS, look);
    }
  }

  function stop(): void {
    timer.cancel();
    socket.off('close', stop);
  }
}
