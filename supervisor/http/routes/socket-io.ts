import type { App } from '../app.ts';
import { refusals } from '../refusals.ts';
import { text } from '../schemas.ts';
import { type Endpoint, SOCKET_IO_PATH } from '../socket-io/endpoint.ts';

const description =
  'Socket.IO 4 (Engine.IO 4), by WebSocket or polling. `auth` of the handshake: `{token?, rooms?, topics?, from?}`; without ' +
  '`from` the last 50 events come first. The client sends `subscribe {rooms?, topics?, from?}` and `replay {count}`; the ' +
  'server sends `hello`, `envelope {position, envelope}`, `gap`, `problem` and `cut {reason, position, behind}`. See docs/streams.md. People in local ' +
  'rooms send `enter {room, name, seat?}`, `leave`, and what they do; see docs/local-rooms.md.';

/** Events by Socket.IO: the requests that aren't WebSockets. Tokens come later, in the handshake. */
export function socketIoRoutes(app: App, endpoint: Endpoint): void {
  app.register(async (instance) => {
    // The body is the transport's to read, and to bound.
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser('*', (_request, _body, done) => done(null));
    for (const method of ['GET', 'POST'] as const) {
      instance.route({
        method,
        url: SOCKET_IO_PATH,
        config: { access: 'open' },
        schema: {
          operationId: method === 'GET' ? 'socketIo' : 'socketIoSend',
          summary: method === 'GET' ? 'Events live, by Socket.IO' : 'What a client of Socket.IO that polls has to say',
          description,
          tags: ['events'],
          response: { 200: { description: 'Packets', content: { 'text/plain': { schema: text } } }, ...refusals() },
        },
        handler: (request, reply) => {
          reply.hijack();
          for (const [name, value] of Object.entries(reply.getHeaders())) {
            if (value !== undefined) reply.raw.setHeader(name, value);
          }
          endpoint.poll(request.raw, reply.raw);
        },
      });
    }
  });
}
