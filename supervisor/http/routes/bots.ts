import type { App, ServerDeps } from '../app.ts';
import { refusals } from '../refusals.ts';
import { botList } from '../schemas.ts';

/** The configured bots. They name no room, so tokens that are limited to some rooms read them too, as they do metrics. */
export function botRoutes(app: App, { rooms }: Pick<ServerDeps, 'rooms'>): void {
  app.get(
    '/v1/bots',
    {
      config: { access: 'rooms:read' },
      schema: {
        operationId: 'listBots',
        summary: 'The configured bots, and their processes that wait for a room',
        tags: ['bots'],
        response: { 200: botList, ...refusals() },
      },
    },
    async () => ({ bots: rooms.bots() }),
  );
}
