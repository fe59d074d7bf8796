import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type ReadMetric =
  | 'forward_events'
  | 'waiting_bots'
  | 'room_pss_bytes'
  | 'local_people'
  | 'event_loop_delay_seconds'
  | 'policy_source_age_seconds';

/** Every metric of the supervisor, declared in one place. Durations are in seconds, sizes in bytes. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `roomd_${name}`, help, labelNames, registers });
  const readers = new Map<string, () => void>();
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `roomd_${name}`, help, labelNames, registers, collect: () => readers.get(name)?.() });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Histogram({ name: `roomd_${name}`, help, labelNames, buckets: SECONDS, registers });
  return {
    registry,
    /** Values that are cheaper to ask for than to follow: `read` sets them when somebody reads the metrics. */
    onRead(name: ReadMetric, read: () => void) {
      readers.set(name, read);
    },
    rooms: gauge('rooms', 'Rooms by state', ['state']),
    botStarts: counter('bot_starts_total', 'Bots started in a room, by whether the process waited for one', ['start']),
    botExits: counter('bot_exits_total', 'Bot processes ended', ['reason']),
    botsGivenUp: counter('bots_given_up_total', 'Rooms whose bot crashed too often'),
    botsHeld: gauge('bots_held', 'Bots whose output is not read at the moment, because the log lags behind them'),
    pipeHolds: counter('pipe_holds_total', 'How often the output of a bot was not read for a while'),
    roomsLost: counter('rooms_lost_total', 'Rooms found running at the start and ended as lost'),
    botRestarts: counter('bot_restarts_total', 'Restarts after a crash'),
    spawnToFirstEvent: histogram(
      'spawn_to_first_event_seconds',
      'From the start of a bot, or its assignment to a room, to its first envelope',
      ['start'],
    ),
    botsUnresponsive: counter('bots_unresponsive_total', 'Silences that were taken for work, since the bot computed'),
    botsMemoryHigh: counter('bots_memory_high_total', 'Times that a bot came near its memory limit'),
    localPeople: gauge('local_people', 'People in local rooms'),
    localActs: counter('local_acts_total', 'What people in local rooms did or tried to do', ['act', 'result']),
    moderated: counter('moderated_total', 'Messages and names in local rooms that were kept out or masked', [
      'who',
      'action',
    ]),
    botMissed: counter('bot_missed_total', 'Events of local rooms that were not handed to a bot that did not read'),
    access: counter('room_access_total', 'Runs that asked for access to their room, by how it was decided', ['result']),
    dailyRequests: counter('daily_requests_total', "Requests to Daily's REST API", ['call', 'result']),
    webhooks: counter('daily_webhooks_total', 'Webhooks of Daily, by what they were taken for', ['outcome']),
    meetings: counter('daily_meetings_total', 'What meetings at Daily made of their rooms', ['outcome']),
    stragglers: counter('stragglers_killed_total', 'Processes that bots had started outside their group, and left'),
    roomPss: gauge('room_pss_bytes', 'Memory of a room: proportional set size of its bot and all it started', ['room']),
    waiting: gauge('waiting_bots', 'Processes that wait for a room', ['bot', 'state']),
    waitingTarget: gauge('waiting_bots_target', 'How many should wait, by the recent demand', ['bot']),
    waitingLeft: counter('waiting_bots_left_total', 'Processes that waited and got no room', ['bot', 'cause']),
    assignments: gauge('bot_assignments', 'How rooms got their bots since the supervisor began', ['bot', 'start']),
    browserPages: gauge('browser_pages', 'Pages of bots that are open in browsers, or being opened'),
    browserStarts: counter('browser_starts_total', 'Browsers started'),
    browserCrashes: counter('browser_crashes_total', 'Pages, browsers and their hosts that ended unasked', ['what']),
    browserPagesRefused: counter('browser_pages_refused_total', 'Pages that a bot asked for and could not get'),
    roomsRefused: counter('rooms_refused_total', 'Requests for a room that were refused', ['reason']),
    roomsResumed: counter('rooms_resumed_total', 'Rooms found running at the start and brought back'),
    eventLoopDelay: gauge('event_loop_delay_seconds', "How late the supervisor's event loop was since the last look", [
      'quantile',
    ]),
    accepted: counter('events_accepted_total', 'Events committed to the log'),
    rejected: counter('events_rejected_total', 'Lines from bots that were no valid envelopes', ['reason']),
    dropped: counter('events_dropped_total', 'Events that bots had to drop, as they reported'),
    overwritten: counter('events_overwritten_total', 'Events whose bot claimed to be somebody else'),
    takenIn: counter('events_taken_in_total', 'Events that bots had left unacknowledged, taken in after their end'),
    spillsUnreadable: counter('spills_unreadable_total', 'Files of unacknowledged events that could not be read whole'),
    botKills: counter('bot_kills_total', 'Bots that had to be killed', ['reason']),
    specMismatches: counter('spec_mismatches_total', 'Bots that speak another version of the spec'),
    violations: counter('policy_violations_total', 'Policy violations', ['action']),
    policiesReplaced: counter('policies_replaced_total', 'Policies of running rooms that were replaced', ['cause']),
    policyReloads: counter('policy_reloads_total', 'Changes of policy sources, and what was wrong with them', [
      'result',
    ]),
    policyAge: gauge('policy_source_age_seconds', 'Since a policy address gave its last good answer', ['source']),
    assistantsAsked: counter('assistant_lookups_total', 'Assistants asked for, and what became of it', ['result']),
    enforcements: counter('policy_enforcements_total', 'Actions of the supervisor on violations', ['action']),
    commits: histogram('log_commit_seconds', 'Duration of one group commit'),
    logPending: gauge('log_pending_events', 'Events received and not yet committed'),
    logFailures: counter('log_commit_failures_total', 'Commits that failed and were tried again'),
    logBallast: gauge('log_ballast_bytes', 'Disk space held back for acknowledgements; 0 while the disk is full'),
    expired: counter('log_expired_events_total', 'Events that retention removed from the log'),
    expiredTelemetry: counter('log_expired_telemetry_total', 'Of these, telemetry'),
    httpRefused: counter('http_refused_total', 'Requests refused for who asked, from where, or how often', ['reason']),
    subscribers: gauge('live_subscribers', 'Open live streams'),
    liveCuts: counter('live_cuts_total', 'Live streams that the supervisor ended, by why', ['reason']),
    liveRefused: counter('live_refused_total', 'Live streams, and requests of theirs, that were refused', ['reason']),
    forwardRequests: counter('forward_requests_total', 'PutEvents requests, by how they ended', ['result']),
    forwardOutages: counter('forward_outages_total', 'Outages of the target'),
    forwarded: counter('forward_delivered_total', 'Events delivered to the target'),
    notForwarded: counter('forward_skipped_total', 'Events that stay here on purpose', ['reason']),
    forwardMissed: counter('forward_expired_total', 'Events that retention removed before they were forwarded'),
    deadLettered: counter('forward_dead_lettered_total', 'Events set aside as undeliverable'),
    forwardRetries: counter('forward_retries_total', 'Entries that have to be sent again', ['kind']),
    forwardCursor: gauge('forward_cursor_offset', 'The offset up to which every event is settled, as it is on disk'),
    forwardEvents: gauge(
      'forward_events',
      'Every event since the cursor began, by what became of it; accepted is the sum of the others',
      ['fate'],
    ),
    forwardRedriven: counter('forward_redriven_total', 'Dead letters that were sent again', ['result']),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
