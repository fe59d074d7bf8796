import type { DeadLetter } from '../../forward/api.ts';
import { Time } from '../parts/time.tsx';
import { linkTo } from '../router.ts';

interface LetterTableProps {
  readonly letters: readonly DeadLetter[];
  readonly selected: ReadonlySet<string>;
  onSelect(selected: ReadonlySet<string>): void;
  onOpen(id: string): void;
}

export function LetterTable({ letters, selected, onSelect, onOpen }: LetterTableProps) {
  const isAll = letters.length > 0 && letters.every(({ id }) => selected.has(id));
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  return (
    <table class="letters">
      <thead>
        <tr>
          <th scope="col">
            <input
              type="checkbox"
              aria-label="Select all that are listed"
              checked={isAll}
              onChange={() => onSelect(new Set(isAll ? [] : letters.map(({ id }) => id)))}
            />
          </th>
          <th scope="col">Event</th>
          <th scope="col">Room</th>
          <th scope="col">Reason</th>
          <th scope="col">Set aside</th>
        </tr>
      </thead>
      <tbody>
        {letters.map(({ id, topic, roomId, reason, at }) => (
          <tr key={id}>
            <td>
              <input
                type="checkbox"
                aria-label={`Select ${topic} of ${roomId}`}
                checked={selected.has(id)}
                onChange={() => toggle(id)}
              />
            </td>
            <td>
              <button type="button" class="letter-open" onClick={() => onOpen(id)}>
                {topic}
              </button>
            </td>
            <td data-label="Room">
              <a href={linkTo('rooms', roomId)}>{roomId}</a>
            </td>
            <td data-label="Reason" class="reason">
              {reason}
            </td>
            <td data-label="Set aside">
              <Time at={at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
