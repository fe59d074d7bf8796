import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import type { TelemetryParts } from './parts.ts';

/** Processes: bots in rooms, and those that wait for one. */
export function botsTelemetry({ log, metrics, summary }: TelemetryParts) {
  return {
    /** `warm`: it was waiting for a room. */
    botStarted(roomId: string, runId: string, attempt: number, pid: number, warm: boolean) {
      metrics.botStarts.inc({ start: warm ? 'warm' : 'cold' });
      log.info({ roomId, runId, attempt, pid, warm }, 'bot started');
    },
    botNotStarted(roomId: string, runId: string, reason: string) {
      log.error({ roomId, runId, reason }, 'bot could not be started');
    },
    botSpoke(roomId: string, ms: number, warm: boolean) {
      metrics.spawnToFirstEvent.observe({ start: warm ? 'warm' : 'cold' }, ms / 1000);
      log.debug({ roomId, ms: Math.round(ms), warm }, 'first event from bot');
    },
    botUnresponsive(roomId: string, busy: { silentMs: number; cpuShare: number; killAfterMs: number }) {
      metrics.botsUnresponsive.inc();
      log.warn({ roomId, ...busy }, 'bot says nothing, but computes: taken for busy');
    },
    botMemoryHigh(roomId: string, pssBytes: number, limitBytes: number) {
      metrics.botsMemoryHigh.inc();
      log.warn({ roomId, pssBytes, limitBytes }, 'bot comes near its memory limit');
    },
    /** What a bot had started, and where its group's end didn't reach it. */
    stragglers(runId: string, { killed, left }: { killed: number; left: number }) {
      if (killed > 0) {
        metrics.stragglers.inc(killed);
        log.warn({ runId, killed }, 'processes that outlived their bot were killed');
      }
      if (left > 0) log.error({ runId, left }, 'processes of an ended bot hang in the kernel and cannot be killed yet');
    },
    waitingBotReady(bot: string, ms: number) {
      log.debug({ bot, ms: Math.round(ms) }, 'bot waits for a room');
    },
    /** `cause`: why a bot that waited for a room got none. */
    waitingBotLeft(bot: string, cause: string) {
      metrics.waitingLeft.inc({ bot, cause });
      log.debug({ bot, cause }, 'waiting bot left');
    },
    assignmentUnanswered(bot: string) {
      summary.warn(`unanswered ${bot}`, { bot }, 'waiting bot did not answer: the room goes to another');
    },
    /** Why no bots are made ready; undefined: they are again. */
    poolProblem(bot: string, problem: string | undefined) {
      if (problem === undefined) log.info({ bot }, 'bots wait for rooms again');
      else summary.error(`pool ${bot}`, { bot, problem }, 'bots cannot be made ready: rooms start cold');
    },
    /** Read whenever somebody reads the metrics. */
    pools(view: () => readonly BotPoolFigures[]) {
      metrics.onRead('waiting_bots', () => {
        for (const { bot, warm, assignments } of view()) {
          metrics.waiting.set({ bot, state: 'ready' }, warm.ready);
          metrics.waiting.set({ bot, state: 'starting' }, warm.starting);
          metrics.waitingTarget.set({ bot }, warm.target);
          for (const [start, count] of Object.entries(assignments)) metrics.assignments.set({ bot, start }, count);
        }
      });
    },
    botExited(roomId: string, exit: { code: number | null; signal: string | null; reason: string; uptimeMs: number }) {
      metrics.botExits.inc({ reason: exit.reason });
      log.info({ roomId, ...exit }, 'bot exited');
    },
    botRestarting(roomId: string, attempt: number, delayMs: number) {
      metrics.botRestarts.inc();
      log.warn({ roomId, attempt, delayMs }, 'bot will be restarted');
    },
    botGaveUp(roomId: string, attempts: number, windowMs: number) {
      metrics.botsGivenUp.inc();
      log.error({ roomId, attempts, windowMs }, 'bot crashed too often: giving up');
    },
    /** Often, under a flood: counted, not logged. */
    pipeHeld(roomId: string, held: boolean) {
      if (held) metrics.pipeHolds.inc();
      metrics.botsHeld.inc(held ? 1 : -1);
      log.debug({ roomId, held }, 'bot held back at its pipe');
    },
    botKilled(roomId: string, reason: TopicPayloads['supervisor.bot.killed']['reason']) {
      metrics.botKills.inc({ reason });
      log.warn({ roomId, reason }, 'bot killed');
    },
  };
}

/** How a bot's waiting processes stand. */
interface BotPoolFigures {
  readonly bot: string;
  readonly warm: { readonly target: number; readonly ready: number; readonly starting: number };
  readonly assignments: Readonly<Record<'warm' | 'cold' | 'unanswered', number>>;
}
