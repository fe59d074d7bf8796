import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { systemClock as clock } from '../../../spec/runtime/clock.ts';
import { chat } from '../live.ts';
import type { ChatMessage } from '../worker/protocol.ts';
import { Choices } from './choices.tsx';
import { type Completion, completionAt } from './mentions.ts';
import { putBack } from './put-back.ts';
import { act, mention } from './seat.ts';

export const MAX_TEXT = 2_000;
/** That one writes is told this often; the room forgets it after twice that time. */
const TYPING_EVERY_MS = 3_000;

interface ComposerProps {
  /** What stands in the box. */
  readonly draft: Signal<string>;
  /** The message that one is about to answer. */
  readonly answers: ChatMessage | undefined;
  onAnswered(): void;
}

/** The box that one writes in. */
export function Composer({ draft, answers, onAnswered }: ComposerProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  /** What was put back into the box because it was refused. */
  const back = useRef('');
  const told = useRef(Number.NEGATIVE_INFINITY);
  const completion = useSignal<Completion | undefined>(undefined);
  const chosen = useSignal(0);
  const { names, participants, self } = chat.value;
  useEffect(() => {
    if (answers !== undefined) box.current?.focus();
  }, [answers]);

  const send = async () => {
    const text = draft.value.trim();
    if (text === '') return;
    draft.value = '';
    back.current = '';
    completion.value = undefined;
    told.current = Number.NEGATIVE_INFINITY;
    const sent = await act({ type: 'say', text, ...(answers !== undefined && { replyTo: answers.messageId }) });
    if (sent) return onAnswered();
    // What was refused may be worded anew.
    const now = putBack({ text: draft.peek(), back: back.current }, text);
    draft.value = now.text;
    back.current = now.back;
  };
  const complete = (name: string) => {
    const { current } = box;
    if (current === null || completion.value === undefined) return;
    current.setRangeText(`@${name} `, completion.value.start, current.selectionStart, 'end');
    draft.value = current.value;
    completion.value = undefined;
    current.focus();
  };
  const onInput = () => {
    const { current } = box;
    if (current === null) return;
    draft.value = current.value;
    const others = participants.filter(({ participantId }) => participantId !== self).map(({ name }) => name);
    completion.value = completionAt(current.value, current.selectionStart, others);
    chosen.value = 0;
    const now = clock.monotonic();
    if (current.value.trim() === '' || now - told.current < TYPING_EVERY_MS) return;
    told.current = now;
    mention({ type: 'typing' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const choices = completion.value?.choices ?? [];
    const name = choices[chosen.value];
    if (name !== undefined && (event.key === 'Enter' || event.key === 'Tab')) complete(name);
    else if (name !== undefined && event.key === 'Escape') completion.value = undefined;
    else if (name !== undefined && event.key === 'ArrowDown') chosen.value = (chosen.value + 1) % choices.length;
    else if (name !== undefined && event.key === 'ArrowUp')
      chosen.value = (chosen.value + choices.length - 1) % choices.length;
    else if (event.key === 'Enter' && !event.shiftKey) void send();
    else if (event.key === 'Escape') return onAnswered();
    else return;
    event.preventDefault();
  };

  return (
    <form
      class="chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {answers !== undefined && (
        <p class="chat-answering">
          Answering <b>{names[answers.participantId] ?? answers.participantId}</b>
          <button type="button" class="chat-action" onClick={onAnswered}>
            Don't
          </button>
        </p>
      )}
      <Choices completion={completion.value} chosen={chosen.value} onChoose={complete} />
      <textarea
        ref={box}
        aria-label="Message"
        placeholder="Write a message; @ mentions somebody"
        maxLength={MAX_TEXT}
        rows={2}
        aria-autocomplete="list"
        aria-controls="chat-choices"
        {...(completion.value !== undefined && { 'aria-activedescendant': `chat-choice-${chosen.value}` })}
        value={draft.value}
        onInput={onInput}
        onKeyDown={onKeyDown}
      />
      <button type="submit" class="primary">
        Send
      </button>
    </form>
  );
}
