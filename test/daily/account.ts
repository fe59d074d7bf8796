import { startDailyRest } from './rest-server.ts';
import { type StandIn, startStandIn } from './stand-in/stand-in.ts';

type Rest = Awaited<ReturnType<typeof startDailyRest>>;

/** Daily as far as it is played on this machine: whoever is ejected by REST leaves a call of the call machine. */
export interface Account {
  readonly standIn: StandIn;
  readonly rest: Rest;
  close(): Promise<void>;
}

export async function openAccount(): Promise<Account> {
  const standIn = await startStandIn();
  const rest = await startDailyRest({
    // As the addresses of the other one have it.
    domain: new URL(standIn.url('')).hostname.split('.')[0] ?? '',
    eject(room, { ids }) {
      const ejected = standIn.room(room).members.filter(({ sessionId }) => ids.includes(sessionId));
      for (const member of ejected) member.eject();
      return ejected.map(({ sessionId }) => sessionId);
    },
    presence: (room) =>
      standIn.room(room).members.map(({ sessionId, userId, userName }) => ({ id: sessionId, userId, userName, room })),
  });
  return {
    standIn,
    rest,
    close: async () => {
      await rest.close();
      await standIn.close();
    },
  };
}
