import type { TopicInfo } from './topic.ts';

/** Why events of a topic stay on this machine, whatever else they are; undefined: they leave. */
export function whyItStays({ forwarding, piiLevel }: TopicInfo, ceiling: number): 'local' | 'pii' | undefined {
  if (forwarding.mode === 'local') return 'local';
  return piiLevel > ceiling ? 'pii' : undefined;
}
