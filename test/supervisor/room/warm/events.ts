import type { WarmEvents } from '../../../../supervisor/room/warm/port.ts';

/** What a pool told, in order: `ready`, `taken`, `missed`, `unanswered`, `left REASON`, `problem TEXT`, `folder stays`. */
export function recordEvents(onEvent: () => void = () => {}): { events: WarmEvents; told: string[] } {
  const told: string[] = [];
  const tell = (what: string) => {
    told.push(what);
    onEvent();
  };
  const events: WarmEvents = {
    ready: () => tell('ready'),
    taken: () => tell('taken'),
    missed: () => tell('missed'),
    unanswered: () => tell('unanswered'),
    left: (_bot, reason) => tell(`left ${reason}`),
    problem: (_bot, problem) => tell(`problem ${problem ?? 'none'}`),
    folderStays: () => tell('folder stays'),
  };
  return { events, told };
}
