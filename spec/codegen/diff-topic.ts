import { whyItStays } from '../leaving.ts';
import { isCovered } from '../pointer.ts';
import type { TopicInfo } from '../topic.ts';
import type { Say } from './diff.ts';

/** Of this level a topic is masked whole for readers as long as it names nothing. */
const WORDS = 2;

interface Both<T> {
  readonly before: T;
  readonly after: T;
}

/**
 * What differs in how a topic is treated: its class, its level, what is masked, and whether and how it leaves.
 * `isGone`: whether a pointer leads nowhere in the schema of now. What is gone needs no mask.
 */
export function compareInfo(
  { before, after }: Both<TopicInfo>,
  ceilings: Both<number>,
  isGone: (pointer: string) => boolean,
  say: Say,
): void {
  if (before.class !== after.class) {
    const lost = after.class === 'telemetry';
    const why = lost
      ? ', because events may be dropped that were never lost in silence'
      : ': it is never lost in silence now';
    say('', 'class.changed', lost, `class changed from ${before.class} to ${after.class}${why}`);
  }
  if (after.piiLevel < before.piiLevel) {
    const why = "because people's data may be shown and sent where it was not";
    say('', 'pii.lowered', true, `piiLevel lowered from ${before.piiLevel} to ${after.piiLevel}, ${why}`);
  } else if (after.piiLevel > before.piiLevel) {
    say('', 'pii.raised', false, `piiLevel raised from ${before.piiLevel} to ${after.piiLevel}`);
  }
  compareMasks(before, after, isGone, say);
  const left = whyItStays(before, ceilings.before) === undefined;
  const leavesNow = whyItStays(after, ceilings.after) === undefined;
  compareForwarding(before, after, left && !leavesNow, say);
  if (left && leavesNow) compareSampling(before.forwarding.sampleRate, after.forwarding.sampleRate, say);
  if (before.forwarding.priority !== after.forwarding.priority) {
    const what = `priority changed from ${before.forwarding.priority} to ${after.forwarding.priority}`;
    say('', 'priority.changed', false, `${what}: the same events, at another pace`);
  }
}

function compareMasks(
  { piiLevel: level, redact: before }: TopicInfo,
  after: TopicInfo,
  isGone: (pointer: string) => boolean,
  say: Say,
): void {
  for (const pointer of before.filter((mask) => !isCovered(mask, after.redact) && !isGone(mask))) {
    say(pointer, 'redaction.removed', true, 'redaction removed, because what was masked is shown and sent now');
  }
  if (level === WORDS && after.piiLevel === WORDS && before.length === 0 && after.redact.length > 0) {
    const what = `only ${after.redact.join(', ')} masked for readers, no longer the whole payload`;
    say('', 'redaction.narrowed', true, `${what}, because the other words that people said are shown now`);
    return;
  }
  for (const pointer of after.redact.filter((mask) => !isCovered(mask, before))) {
    say(pointer, 'redaction.added', false, 'redaction added: it is masked now for whoever may not see it');
  }
}

function compareForwarding(before: TopicInfo, after: TopicInfo, gone: boolean, say: Say): void {
  const [was, is] = [before.forwarding.mode, after.forwarding.mode];
  const why = 'because analysts get no events of it any more';
  if (was !== is) {
    const what = `forwarding changed from ${was} to ${is}`;
    say(
      '',
      `forwarding.${is}`,
      is === 'local',
      is === 'local' ? `${what}, ${why}` : `${what}: events leave the machine now`,
    );
  } else if (gone) {
    say('', 'forwarding.above-ceiling', true, `piiLevel ${after.piiLevel} is above piiCeiling now, ${why}`);
  }
}

function compareSampling(before: number, after: number, say: Say): void {
  const what = `from ${before} to ${after}`;
  if (after < before)
    say('', 'sampling.lowered', true, `sampleRate lowered ${what}, because analysts get fewer events`);
  if (after > before) say('', 'sampling.raised', false, `sampleRate raised ${what}: analysts get more events`);
}
