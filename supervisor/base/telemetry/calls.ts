import type { TelemetryParts } from './parts.ts';

/** Calls: Daily, and the browsers that they are in. */
export function callsTelemetry({ log, metrics, summary }: TelemetryParts) {
  return {
    dailyAnswered(call: string, result: string, ms: number) {
      metrics.dailyRequests.inc({ call, result });
      log.debug({ call, result, ms: Math.round(ms) }, 'Daily answered');
    },
    dailyFailed(call: string, reason: string) {
      summary.warn(`daily ${call}`, { call, reason }, 'Daily cannot be asked: trying again');
    },
    /** There are rules for meetings, and something is missing without which none of them is ever followed. */
    meetingsNotFollowed(problem: string) {
      log.warn({ problem }, 'no meeting at Daily will start a bot');
    },
    /** `detail` is given of those that were refused. */
    webhookReceived(outcome: string, detail?: string) {
      metrics.webhooks.inc({ outcome });
      if (detail !== undefined) summary.warn(`webhook ${outcome}`, { outcome, detail }, 'webhook of Daily refused');
    },
    /** What a meeting at Daily made of its room. */
    meetingFollowed(roomId: string, outcome: string, detail?: string) {
      metrics.meetings.inc({ outcome });
      const line = { roomId, outcome, ...(detail !== undefined && { detail }) };
      // An account has rooms that are nobody's business here.
      if (outcome === 'no_rule') log.debug(line, 'meeting at Daily in a room without a rule');
      else if (detail === undefined) log.info(line, 'meeting at Daily followed');
      else summary.warn(`meeting ${outcome}`, line, 'meeting at Daily cannot be followed');
    },
    meetingsNotKept(reason: string) {
      log.error({ reason }, 'which rooms meetings at Daily have started is not kept for the next start');
    },
    /** The process that has the browsers in which bots hold their calls. */
    browserHostStarted(pid: number | undefined) {
      log.debug({ pid }, 'browser host started');
    },
    /** `expected`: it was asked to end, or has said why it had to. */
    browserHostExited(exit: { code: number | null; signal: string | null }, pages: number, expected: boolean) {
      const line = { code: exit.code, signal: exit.signal, pages };
      if (expected) return log.debug(line, 'browser host ended');
      metrics.browserCrashes.inc({ what: 'host' });
      log.error(line, 'browser host died, and the pages of its bots with it');
    },
    browserHostSilent(silentMs: number) {
      log.error({ silentMs }, 'browser host gives no sign of life: it is killed');
    },
    browserHostRestarting(delayMs: number) {
      log.warn({ delayMs }, 'browser host will be started again');
    },
    browserStarted(version: string, pid: number | null) {
      metrics.browserStarts.inc();
      log.info({ version, pid }, 'browser started');
    },
    browserSilent(silentMs: number) {
      log.error({ silentMs }, 'browser does not answer: it is killed');
    },
    browserEnded(how: 'ended' | 'crashed') {
      if (how === 'ended') return log.debug('browser ended');
      metrics.browserCrashes.inc({ what: 'browser' });
      log.error('browser has crashed: it is started again for the next page');
    },
    browserPages(count: number) {
      metrics.browserPages.set(count);
    },
    /** `refused`: the bot asked for a page and got none. */
    browserPageEnded(how: 'crashed' | 'refused', reason: string) {
      if (how === 'refused') metrics.browserPagesRefused.inc();
      else metrics.browserCrashes.inc({ what: 'page' });
      summary.warn(
        `browser page ${how}`,
        { reason },
        how === 'refused' ? 'no page for a bot' : 'page of a bot has ended',
      );
    },
    browserProblem(reason: string) {
      summary.error('browser', { reason }, 'bots cannot get browser pages');
    },
  };
}
