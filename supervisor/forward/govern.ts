import { piiCeiling } from '../../spec/generated/registry.ts';
import { whyItStays } from '../../spec/leaving.ts';
import { ownPii, redactPayload, topicInfo } from '../../spec/redact.ts';
import { acceptsVersion } from '../../spec/spec-version.ts';
import type { TopicInfo } from '../../spec/topic.ts';
import type { LogRecord } from '../log/port.ts';
import { detailProblem } from './detail.ts';
import type { PutEventsEntry } from './port.ts';
import { isSampled } from './sample.ts';
import { versionOf } from './spec-match.ts';

/** Why an event stays here on purpose. */
export type SkipReason = 'local' | 'spec_mismatch' | 'pii' | 'sampled_out';

export type Governed =
  | { readonly kind: 'entry'; readonly entry: PutEventsEntry; readonly bytes: number; readonly high: boolean }
  | { readonly kind: 'skip'; readonly reason: SkipReason }
  | { readonly kind: 'poison'; readonly reason: string };

export interface Governance {
  readonly source: string;
  readonly bus: string;
  /** Limit of one entry. */
  readonly bytes: number;
  /** What is known of a topic; undefined keeps it here. Default: the spec's registry. */
  readonly topic?: (topic: string) => TopicInfo | undefined;
  /** Default: the spec's. */
  readonly piiCeiling?: number;
  /** Keeps events here whose specVersion isn't accepted. Default: false. */
  readonly refuseOnSpecMismatch?: boolean;
  /** Whether a bot of that specVersion is understood. Default: as the supervisor accepts it. */
  readonly accepts?: (version: string) => boolean;
}

/** Decides what of a record leaves, and in what shape. Reads no more of the JSON than the decision needs. */
export function createGovern(governance: Governance): (record: LogRecord) => Governed {
  const { source, bus, bytes: limit, topic: infoOf = topicInfo, piiCeiling: ceiling = piiCeiling } = governance;
  const { refuseOnSpecMismatch = false, accepts = acceptsVersion } = governance;
  return (record) => {
    const info = infoOf(record.topic);
    const stays = info === undefined ? 'local' : whyItStays(info, ceiling);
    if (info === undefined || stays === 'local') return { kind: 'skip', reason: 'local' };
    if (refuseOnSpecMismatch && !accepts(versionOf(record.json))) return { kind: 'skip', reason: 'spec_mismatch' };
    const own = ownPii(record.json);
    if (stays === 'pii' || own.level > ceiling) return { kind: 'skip', reason: 'pii' };
    if (!isSampled(record.id, info.forwarding.sampleRate)) return { kind: 'skip', reason: 'sampled_out' };
    if (record.topic.length > 128) return poison('InvalidArgument: expected a DetailType of at most 128 characters');
    const redacted = redactPayload(record.json, info.redact, own.fields);
    if (!redacted.ok) return poison(redacted.reason);
    const problem = detailProblem(redacted.text);
    if (problem !== undefined) return poison(problem);
    const entry = {
      Source: source,
      DetailType: record.topic,
      Detail: redacted.text,
      Time: new Date(record.ts),
      EventBusName: bus,
      ...(record.roomId === '' ? {} : { Resources: [`roomd:room/${record.roomId}`] }),
    };
    const bytes = entryBytes(entry);
    if (bytes > limit) return poison(`OversizeEntry: ${bytes} bytes, expected at most ${limit}`);
    return { kind: 'entry', entry, bytes, high: info.forwarding.priority === 'high' };
  };
}

/** What PutEvents counts: 14 for Time, and the UTF-8 bytes of Source, DetailType, Detail and each Resource. */
export function entryBytes(entry: PutEventsEntry): number {
  let bytes = entry.Time === undefined ? 0 : 14;
  for (const text of [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])]) {
    if (text !== undefined) bytes += Buffer.byteLength(text);
  }
  return bytes;
}

function poison(reason: string): Governed {
  return { kind: 'poison', reason };
}
