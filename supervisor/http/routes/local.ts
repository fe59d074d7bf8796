import { z } from 'zod';
import type { App, ServerDeps } from '../app.ts';
import { Problem } from '../problem.ts';
import { refusals } from '../refusals.ts';
import { found } from '../room-answers.ts';
import { roomParams } from '../schemas.ts';

const participants = z.object({
  participants: z.array(
    z.object({
      participantId: z.string(),
      name: z.string(),
      isBot: z.boolean(),
      presence: z.enum(['here', 'away']),
    }),
  ),
});

/** Who is in a local room: for those who look after rooms, and for those who may be in it. */
export function localRoutes(app: App, { rooms, gateway }: Pick<ServerDeps, 'rooms' | 'gateway'>): void {
  app.get(
    '/v1/rooms/:roomId/participants',
    {
      config: { access: ['rooms:read', 'rooms:join'] },
      schema: {
        operationId: 'listParticipants',
        summary: 'Who is in a local room now, in the order of their coming; takes rooms:read or rooms:join',
        tags: ['rooms'],
        params: roomParams,
        response: { 200: participants, ...refusals(404, 409) },
      },
    },
    async ({ params: { roomId } }) => {
      const view = found(await rooms.get(roomId), roomId);
      if (view.connector !== 'local') {
        throw new Problem(
          'not-local',
          `expected a room of the connector local, "${roomId}" is one of ${view.connector}`,
        );
      }
      // In one that has ended is nobody.
      return { participants: [...((await gateway?.participants(roomId)) ?? [])] };
    },
  );
}
