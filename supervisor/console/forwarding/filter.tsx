import type { LetterFilter } from './use-letters.ts';

const FIELDS = [
  ['roomId', 'Room', 'lobby'],
  ['topic', 'Topic', 'conversation.**'],
  ['reason', 'Reason begins with', 'OversizeEntry'],
] as const;

/** Which dead letters to list. */
export function Filter({ onFilter }: { onFilter(filter: LetterFilter): void }) {
  const submit = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const entries = FIELDS.map(([name]) => [name, String(data.get(name)).trim()] as const);
    onFilter(Object.fromEntries(entries.filter(([, value]) => value !== '')));
  };
  return (
    <search>
      <form class="letters-filter" onSubmit={submit}>
        {FIELDS.map(([name, label, example]) => (
          <label key={name}>
            {label}
            <input name={name} placeholder={example} autocomplete="off" spellcheck={false} />
          </label>
        ))}
        <button type="submit">Filter</button>
      </form>
    </search>
  );
}
