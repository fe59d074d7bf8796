const OWN: ReadonlySet<string> = new Set([
  'events.envelope.rejected',
  'events.envelope.overwritten',
  'events.runtime.version.mismatch',
]);

/** Whether only the supervisor may publish on this topic: from a bot it is rejected. */
export function isReserved(topic: string): boolean {
  return topic.startsWith('supervisor.') || topic.startsWith('forwarding.') || OWN.has(topic);
}
