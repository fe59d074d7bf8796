import type { ComponentChildren } from 'preact';
import type { RoomState } from '../../room/api.ts';

export type Tone = 'plain' | 'quiet' | 'good' | 'warn' | 'bad';

const SIGNS: Readonly<Record<Tone, string>> = { plain: '•', quiet: '○', good: '●', warn: '▲', bad: '✕' };

/** A word with a tone, told by a sign as well as by its colour. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {children}
    </span>
  );
}

const STATES: Readonly<Record<RoomState, readonly [Tone, string]>> = {
  starting: ['plain', 'starting'],
  joining: ['plain', 'joining'],
  live: ['good', 'live'],
  backing_off: ['warn', 'backing off'],
  stopping: ['warn', 'stopping'],
  stopped: ['quiet', 'stopped'],
  failed: ['bad', 'failed'],
  quarantined: ['bad', 'quarantined'],
};

export function StateBadge({ state }: { readonly state: RoomState }) {
  const [tone, word] = STATES[state];
  return <Badge tone={tone}>{word}</Badge>;
}
