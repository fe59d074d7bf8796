/** What roomd says itself, or counts, or acts upon: no topic of somebody else's may look like it. */
const OUR_PREFIXES = ['supervisor.', 'forwarding.', 'events.', 'bot.', 'conversation.'] as const;

/** Why a topic of one's own can't have this id, or undefined. */
export function ownProblem(id: string, builtIn: ReadonlySet<string>): string | undefined {
  if (builtIn.has(id)) return `id: ${id} is a topic of roomd's own: choose another id, such as acme.${id}`;
  const prefix = OUR_PREFIXES.find((start) => id.startsWith(start));
  if (prefix === undefined) return undefined;
  return `id: expected none that begins with ${OUR_PREFIXES.join(', ')}, which are roomd's own: choose another, such as acme.${id}`;
}
