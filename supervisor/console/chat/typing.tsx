import { chat } from '../live.ts';

/** Who is writing, besides oneself. It keeps its place while nobody does. */
export function Typing() {
  const { typing, names, self } = chat.value;
  const who = typing.filter((id) => id !== self).map((id) => names[id] ?? id);
  return (
    <p class="chat-typing" role="status">
      {words(who)}
    </p>
  );
}

function words([first, second, ...others]: readonly string[]): string {
  if (first === undefined) return '';
  if (second === undefined) return `${first} is writing …`;
  return others.length === 0 ? `${first} and ${second} are writing …` : 'Several people are writing …';
}
