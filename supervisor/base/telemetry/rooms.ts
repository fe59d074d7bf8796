import type { TelemetryParts } from './parts.ts';

/** What becomes of rooms, and of what they ask for. */
export function roomsTelemetry({ log, metrics, summary }: TelemetryParts) {
  return {
    roomStateChanged(roomId: string, from: string, to: string, cause: string) {
      if (from !== 'none') metrics.rooms.dec({ state: from });
      metrics.rooms.inc({ state: to });
      log.info({ roomId, from, to, cause }, 'room changed state');
    },
    /** As an earlier supervisor left it. */
    roomTakenUp(state: string) {
      metrics.rooms.inc({ state });
    },
    roomForgotten(state: string) {
      metrics.rooms.dec({ state });
    },
    /** Callers ask again and again. */
    roomRefused(reason: string, detail: string) {
      metrics.roomsRefused.inc({ reason });
      summary.warn(`refused ${reason}`, { reason, detail }, 'room refused');
    },
    /** Proportional set sizes of running rooms, read whenever somebody reads the metrics. */
    roomMemory(view: () => Iterable<readonly [roomId: string, pssBytes: number]>) {
      metrics.onRead('room_pss_bytes', () => {
        metrics.roomPss.reset();
        for (const [room, pssBytes] of view()) metrics.roomPss.set({ room }, pssBytes);
      });
    },
    roomsResumed(count: number) {
      metrics.roomsResumed.inc(count);
      if (count > 0) log.warn({ count }, 'rooms of an earlier run of the supervisor are brought back');
    },
    roomLost(roomId: string, detail: string) {
      metrics.roomsLost.inc();
      log.error({ roomId, detail }, 'room of an earlier run of the supervisor ended as lost');
    },
    commandUndelivered(roomId: string, type: string) {
      log.warn({ roomId, type }, 'bot takes no more commands');
    },
    /** `refusal`: why a bot can't get into its room; its reason holds no secret. */
    accessDecided(roomId: string, refusal: { reason: string; retryable: boolean } | undefined) {
      metrics.access.inc({ result: refusal === undefined ? 'given' : refusal.retryable ? 'delayed' : 'refused' });
      if (refusal === undefined) log.info({ roomId }, 'bot gets access to its room');
      else
        log.error({ roomId, reason: refusal.reason, retryable: refusal.retryable }, 'bot gets no access to its room');
    },
    /** `who`: a person or the bot, in a local room. */
    moderated(roomId: string, who: 'person' | 'bot', action: 'dropped' | 'redacted') {
      metrics.moderated.inc({ who, action });
      summary.info(`moderated ${roomId} ${who} ${action}`, { roomId, who, action }, 'message moderated');
    },
    /** `result`: `done`, `dropped`, or why it was refused. */
    localAct(act: string, result: string) {
      metrics.localActs.inc({ act, result });
    },
    /** People in local rooms, read whenever somebody reads the metrics. */
    localPeople(count: () => number) {
      metrics.onRead('local_people', () => metrics.localPeople.set(count()));
    },
    /** Too much waits in the standard input of the room's bot. */
    botMissed(roomId: string) {
      metrics.botMissed.inc();
      summary.warn(`missed ${roomId}`, { roomId }, 'bot does not read what happens in its room: it is left out');
    },
  };
}
