import type { Clock } from '../../spec/runtime/clock.ts';
import type { TopicInfo } from '../../spec/topic.ts';
import type { Publish } from '../base/publish.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log } from '../log/port.ts';
import type { Target } from './port.ts';
import type { ForwardSettings } from './settings.ts';

export interface PumpOptions {
  readonly log: Log;
  readonly target: Target;
  readonly settings: ForwardSettings;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly publish: Publish;
  /** Where a target begins that has no cursor yet. */
  readonly startFrom: 'start' | 'end';
  /** Default: the spec's registry, and its ceiling. */
  readonly topic?: (topic: string) => TopicInfo | undefined;
  readonly piiCeiling?: number;
  /** Whether a bot of that specVersion is understood. Default: as the supervisor accepts it. */
  readonly accepts?: (version: string) => boolean;
}
