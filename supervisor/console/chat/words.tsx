import { computed } from '@preact/signals';
import { chat } from '../live.ts';
import { longestFirst, mentionsOf } from './mentions.ts';

/** Sorted once for all messages. */
const known = computed(() => longestFirst(Object.values(chat.value.names)));

/** What somebody said, with those who are mentioned standing out. */
export function Words({ text }: { readonly text: string }) {
  const { names, self } = chat.value;
  const own = self === null ? undefined : names[self];
  return (
    <p class="chat-words">
      {mentionsOf(text, known.value).map(({ text: piece, name }, i) =>
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
