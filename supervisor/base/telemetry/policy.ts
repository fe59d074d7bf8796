import type { TelemetryParts } from './parts.ts';

/** Policies, where they come from, and what is done about those that break them. */
export function policyTelemetry({ log, metrics, summary }: TelemetryParts) {
  return {
    violationsMissed(after: number, through: number) {
      log.error({ after, through }, 'violations may have expired before they were acted on');
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
  };
}

/** A rule's name comes from the bot; only names that mean something are written down. */
const RULE =
  /^(?:tools|turns|rates|content|attention|unreported|unacknowledged)(?:\.(?:allow|deny|max[A-Z][a-z]+[A-Za-z]*|blockedPhrases|cooldown))?$/;

function knownRule(rule: string): string {
  return RULE.test(rule) ? rule : '(unknown)';
}
