import { registry } from '../../spec/generated/registry.ts';
import type { TopicInfo } from '../../spec/topic.ts';

const infos: Readonly<Record<string, TopicInfo | undefined>> = registry;

/** Whether retention counts events of this topic as telemetry; those that nobody knows count as authoritative. */
export function isTelemetry(topic: string): boolean {
  return Object.hasOwn(infos, topic) && infos[topic]?.class === 'telemetry';
}
