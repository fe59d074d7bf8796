import type { Logger } from 'pino';
import { isTopic } from '../../spec/envelope.ts';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { type Clock, systemClock } from '../../spec/runtime/clock.ts';
import { LogSummary } from './log-summary.ts';
import type { Metrics } from './metrics.ts';

/**
 * One happening, one function: its log line and its metric stand together, so neither is forgotten.
 * No function takes a payload: nothing that people said can reach the supervisor's own log.
 */
export function createTelemetry(log: Logger, metrics: Metrics, clock: Clock = systemClock) {
  const summary = new LogSummary(log, clock);
  return {
    log,
    metrics,

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
    /** Callers ask again and again. */
    roomRefused(reason: string, detail: string) {
      metrics.roomsRefused.inc({ reason });
      summary.warn(`refused ${reason}`, { reason, detail }, 'room refused');
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
    /** Proportional set sizes of running rooms, read whenever somebody reads the metrics. */
    roomMemory(view: () => Iterable<readonly [roomId: string, pssBytes: number]>) {
      metrics.onRead('room_pss_bytes', () => {
        metrics.roomPss.reset();
        for (const [room, pssBytes] of view()) metrics.roomPss.set({ room }, pssBytes);
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
    roomsResumed(count: number) {
      metrics.roomsResumed.inc(count);
      if (count > 0) log.warn({ count }, 'rooms of an earlier run of the supervisor are brought back');
    },
    roomLost(roomId: string, detail: string) {
      metrics.roomsLost.inc();
      log.error({ roomId, detail }, 'room of an earlier run of the supervisor ended as lost');
    },
    violationsMissed(after: number, through: number) {
      log.error({ after, through }, 'violations may have expired before they were acted on');
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
    lineRejected(reason: string) {
      metrics.rejected.inc({ reason });
    },
    rejectionsSummarised(roomId: string, count: number, reasons: Record<string, number>, detail: string) {
      log.warn({ roomId, count, reasons, detail: knownDetail(detail) }, 'lines from bot rejected');
    },
    eventsDropped(roomId: string, topic: string, count: number) {
      metrics.dropped.inc(count);
      summary.warn(
        `dropped ${roomId}`,
        { roomId, topic: isTopic(topic) ? topic : '(unknown)', count },
        'bot had to drop events',
      );
    },
    claimsOverwritten(roomId: string, fields: readonly string[]) {
      metrics.overwritten.inc();
      summary.warn(`claims ${roomId}`, { roomId, fields }, 'bot claims to be somebody else: overwritten');
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
    botKilled(roomId: string, reason: TopicPayloads['supervisor.bot.killed']['reason']) {
      metrics.botKills.inc({ reason });
      log.warn({ roomId, reason }, 'bot killed');
    },
    /** `known` ones were in the log already. */
    spillTakenIn(roomId: string, runId: string, counts: { taken: number; known: number; rejected: number }) {
      metrics.takenIn.inc(counts.taken);
      log.info({ roomId, runId, ...counts }, 'events that a bot had left were taken in');
    },
    spillUnreadable(runId: string, reason: string) {
      metrics.spillsUnreadable.inc();
      log.error({ runId, reason }, 'events that a bot had left cannot all be read');
    },
    specMismatch(roomId: string, expected: string, actual: string) {
      metrics.specMismatches.inc();
      log.warn({ roomId, expected, actual }, 'bot speaks another version of the spec');
    },
    violationSeen(roomId: string, rule: string, action: string) {
      metrics.violations.inc({ action });
      summary.warn(`violation ${roomId}`, { roomId, rule: knownRule(rule), action }, 'policy violation');
    },
    policyReplaced(roomId: string, cause: 'reloaded' | 'restricted', from: string, to: string) {
      metrics.policiesReplaced.inc({ cause });
      log.info({ roomId, cause, from, to }, 'policy of a running room replaced');
    },
    policyNotReplaced(roomId: string, reason: string) {
      log.error({ roomId, reason }, 'policy of a running room cannot be composed anew: it keeps what it has');
    },
    quarantineLifted(roomId: string) {
      log.warn({ roomId }, 'quarantine lifted');
    },
    policyEnforced(roomId: string, action: string, rule: string, causeId: string) {
      metrics.enforcements.inc({ action });
      const line = { roomId, action, rule: knownRule(rule), causeId };
      summary.warn(`enforced ${roomId} ${action}`, line, 'policy enforced');
    },
    /**
     * `kept`: nobody answered, and the last record serves; `unanswered`: there is none; `refused`: there is no such
     * assistant, or its record is none.
     */
    assistantAsked(result: 'found' | 'kept' | 'unanswered' | 'refused', detail = '') {
      metrics.assistantsAsked.inc({ result });
      if (result !== 'found') summary.warn(`assistant ${result}`, { result, detail }, 'assistant not found');
    },
    policyReloaded(source: string) {
      metrics.policyReloads.inc({ result: 'applied' });
      log.info({ source }, 'policy source has changed');
    },
    /** Once for each fault of a source. `reason` has nothing of its content. */
    policyRefused(source: string, reason: string) {
      metrics.policyReloads.inc({ result: 'refused' });
      log.error({ source, reason }, 'policy source cannot be used');
    },
    policySound(source: string) {
      log.info({ source }, 'policy source can be used again');
    },
    policyNotKept(source: string, reason: string) {
      log.error({ source, reason }, 'last good version of a policy source is not kept for the next start');
    },
    /** Since the last good answer of each address; read whenever somebody reads the metrics. */
    policyAges(view: () => Iterable<{ source: string; ms: number | undefined }>) {
      metrics.onRead('policy_source_age_seconds', () => {
        metrics.policyAge.reset();
        for (const { source, ms } of view()) if (ms !== undefined) metrics.policyAge.set({ source }, ms / 1000);
      });
    },

    committed(records: number, ms: number) {
      metrics.accepted.inc(records);
      metrics.commits.observe(ms / 1000);
    },
    logPending(records: number) {
      metrics.logPending.set(records);
    },
    commitFailed(reason: string) {
      metrics.logFailures.inc();
      log.error({ reason }, 'log cannot commit: bots are held back, trying again');
    },
    commitRecovered() {
      log.info('log commits again');
    },
    /** `reason` undefined: its files are where they belong again. */
    logMoved(reason: string | undefined) {
      if (reason === undefined) log.info('the files of the log are in their place again');
      else log.error({ reason }, 'the files of the log were moved or deleted under it');
    },
    ballastChanged(held: number, wanted: number) {
      metrics.logBallast.set(held);
      if (held >= wanted) log.info({ held }, 'disk space is held back for acknowledgements');
      else log.warn({ held, wanted }, 'disk space for acknowledgements is used up, or there is no room for it');
    },
    eventsExpired(count: number) {
      metrics.expired.inc(count);
      log.info({ count }, 'old events removed from the log');
    },
    telemetryExpired(count: number) {
      metrics.expiredTelemetry.inc(count);
    },
    requestRefused(reason: string) {
      metrics.httpRefused.inc({ reason });
    },
    subscribersChanged(by: 1 | -1) {
      metrics.subscribers.inc(by);
    },
    /** `consumer`: the name of its token. `behind`: events of the log that it hasn't been given. */
    subscriberCut(consumer: string, reason: string, behind: number) {
      metrics.liveCuts.inc({ reason });
      summary.warn(`cut ${consumer} ${reason}`, { consumer, reason, behind }, 'live stream cut');
    },
    streamRefused(reason: string) {
      metrics.liveRefused.inc({ reason });
    },

    batchSent(target: string, entries: number, delivered: number, ms: number) {
      metrics.forwardRequests.inc({
        result: delivered === entries ? 'complete' : delivered > 0 ? 'partial' : 'failed',
      });
      metrics.forwarded.inc(delivered);
      log.info({ target, entries, delivered, ms: Math.round(ms) }, 'batch sent');
    },
    entryRetried(kind: string, count: number) {
      metrics.forwardRetries.inc({ kind }, count);
    },
    eventNotForwarded(reason: string) {
      metrics.notForwarded.inc({ reason });
    },
    eventsMissed(target: string, count: number) {
      metrics.forwardMissed.inc(count);
      log.error({ target, count }, 'events were removed from the log before they could be forwarded');
    },
    eventDeadLettered(eventId: string, topic: string, reason: string) {
      metrics.deadLettered.inc();
      summary.error('set aside', { eventId, topic, reason }, 'event set aside as undeliverable');
    },
    deliveryDeferred(target: string, backlog: number, reason: string) {
      metrics.forwardOutages.inc();
      log.error({ target, backlog, reason }, 'target takes no events: they wait on disk');
    },
    deliveryRecovered(target: string, durationMs: number) {
      log.info({ target, durationMs }, 'target takes events again');
    },
    redriveStarted(selected: number) {
      log.info({ selected }, 'dead letters are sent again');
    },
    redriveEnded(state: string, delivered: number, refused: number, remaining: number) {
      metrics.forwardRedriven.inc({ result: 'delivered' }, delivered);
      metrics.forwardRedriven.inc({ result: 'refused' }, refused);
      log.info({ state, delivered, refused, remaining }, 'redrive of dead letters ended');
    },
    targetMissing(target: string, reason: string) {
      metrics.forwardOutages.inc();
      log.error({ target, reason }, 'target is not there: nothing is sent until it is');
    },
    targetUnchecked(target: string, reason: string) {
      log.warn({ target, reason }, 'whether the target is there cannot be told');
    },
    forwardWentBack(from: number, to: number) {
      log.warn({ from, to }, 'forwarding goes back to where the target was seen last');
    },
    /** Read whenever somebody reads the metrics. */
    forwardAccounts(accounts: () => Readonly<Record<string, number>>) {
      metrics.onRead('forward_events', () => {
        for (const [fate, events] of Object.entries(accounts())) {
          metrics.forwardEvents.set({ fate: snakeCase(fate) }, events);
        }
      });
    },
    /** The books, at the end: every committed event is in exactly one of them. */
    forwardAccounted(target: string, accounting: object) {
      log.info({ target, ...accounting }, 'forwarding accounted for');
    },
    forwardCursorSaved(offset: number) {
      metrics.forwardCursor.set(offset);
    },

    serving(address: string, data: string, target: string) {
      log.info({ address, data, target }, 'roomd is serving');
    },
    noInit() {
      log.warn(
        'roomd is process 1 and buries no orphans: give the container an init process, such as docker run --init',
      );
    },
    stopping(cause: string) {
      log.info({ cause }, 'roomd is stopping');
    },
    hurrying() {
      log.warn('roomd is stopping in a hurry: bots are killed, the rest is left to the next start');
    },
    stopped() {
      log.info('roomd has stopped');
    },
    internalError(where: string, error: unknown) {
      log.error({ where, err: error }, 'unexpected error');
    },
  };
}

/** How a bot's waiting processes stand. */
interface BotPoolFigures {
  readonly bot: string;
  readonly warm: { readonly target: number; readonly ready: number; readonly starting: number };
  readonly assignments: Readonly<Record<'warm' | 'cold' | 'unanswered', number>>;
}

export type Telemetry = ReturnType<typeof createTelemetry>;

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A rule's name comes from the bot; only names that mean something are written down. */
const RULE =
  /^(?:tools|turns|rates|content|attention|unreported|unacknowledged)(?:\.(?:allow|deny|max[A-Z][a-z]+[A-Za-z]*|blockedPhrases|cooldown))?$/;

function knownRule(rule: string): string {
  return RULE.test(rule) ? rule : '(unknown)';
}

/** What a line had in place of a topic comes from the bot too. */
function knownDetail(detail: string): string {
  return detail.replace(/\bgot ([\s\S]*)$/, (all, topic: string) => (isTopic(topic) ? all : 'got another'));
}
