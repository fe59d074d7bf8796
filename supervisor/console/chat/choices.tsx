import type { Completion } from './mentions.ts';

interface ChoicesProps {
  readonly completion: Completion | undefined;
  readonly chosen: number;
  onChoose(name: string): void;
}

/** Names that may be meant, to be chosen by arrows and Enter or with the pointer. */
export function Choices({ completion, chosen, onChoose }: ChoicesProps) {
  return (
    <div id="chat-choices" class="chat-choices" role="listbox" aria-label="People to mention" hidden={!completion}>
      {completion?.choices.map((name, i) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the box that one writes in keeps the focus
        <div
          key={name}
          id={`chat-choice-${i}`}
          role="option"
          aria-selected={i === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            onChoose(name);
          }}
        >
          @{name}
        </div>
      ))}
    </div>
  );
}
