import { chat } from '../live.ts';
import { mentionsOf } from './mentions.ts';

/** What somebody said, with those who are mentioned standing out. */
export function Words({ text }: { readonly text: string }) {
  const { names, self } = chat.value;
  const own = self === null ? undefined : names[self];
  return (
    <p class="chat-words">
      {mentionsOf(text, Object.values(names)).map(({ text: piece, name }, i) =>
        name === undefined ? (
          piece
        ) : (
          <span key={i} class={name === own ? 'chat-mention own' : 'chat-mention'}>
            {piece}
          </span>
        ),
      )}
    </p>
  );
}
