import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { isPattern } from '../../../spec/runtime/match.ts';
import { link, timeline, topicsSeen } from '../live.ts';
import { count, perSecond, several } from '../words.ts';
import type { Filter } from '../worker/protocol.ts';

/** Whoever types is waited for. */
const TYPING_MS = 150;

interface TimelineBarProps {
  readonly filter: Signal<Filter>;
  readonly paused: Signal<boolean>;
}

/** What is listed, and how much of it there is. */
export function TimelineBar({ filter, paused }: TimelineBarProps) {
  const topic = useSignal('');
  const text = useSignal('');
  const suggestions = useId();
  const hint = useId();
  const isWrong = topic.value !== '' && !isPattern(topic.value);
  useEffect(() => {
    const timer = systemClock.after(TYPING_MS, () => {
      const next = {
        ...(topic.value !== '' && !isWrong && { topic: topic.value }),
        ...(text.value !== '' && { text: text.value }),
      };
      if (JSON.stringify(next) !== JSON.stringify(filter.peek())) filter.value = next;
    });
    return () => timer.cancel();
  }, [topic.value, text.value]);
  return (
    <div class="timeline-bar">
      <search class="timeline-filters">
        <label class="field">
          <span class="field-name">Topic</span>
          <input
            type="text"
            list={suggestions}
            placeholder="all topics"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={isWrong}
            aria-describedby={isWrong ? hint : undefined}
            value={topic.value}
            onInput={({ currentTarget }) => {
              topic.value = currentTarget.value.trim();
            }}
          />
          <datalist id={suggestions}>
            {suggested(topicsSeen.value).map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <label class="field">
          <span class="field-name">Search</span>
          <input
            type="search"
            placeholder="words, ids, names"
            value={text.value}
            onInput={({ currentTarget }) => {
              text.value = currentTarget.value;
            }}
          />
        </label>
        <button
          type="button"
          onClick={() => {
            paused.value = !paused.value;
          }}
        >
          {paused.value ? 'Resume' : 'Pause'}
        </button>
      </search>
      {isWrong && (
        <p class="field-fault" id={hint}>
          A topic such as room.message.sent, or a pattern such as room.** or conversation.*.violation
        </p>
      )}
      <Status filtered={filter.value.topic !== undefined || filter.value.text !== undefined} paused={paused.value} />
    </div>
  );
}

function Status({ filtered, paused }: { readonly filtered: boolean; readonly paused: boolean }) {
  const { count: lines, kept, waiting, missing, trimmed, caughtUp, rate } = timeline.value;
  const said = [
    filtered ? `${count(lines)} of ${several(kept, 'event')}` : several(kept, 'event'),
    ...(paused ? [`paused, ${count(waiting)} new`] : [`${perSecond(rate)} a second`]),
    ...(caughtUp || link.value.state !== 'live' ? [] : ['reading what has happened so far …']),
    ...(trimmed ? ['older ones are no longer on this page'] : []),
    ...(missing ? ['some are no longer kept by roomd'] : []),
  ];
  return <p class={missing ? 'timeline-status warn' : 'timeline-status'}>{said.join(' · ')}</p>;
}

/** The topics seen, and the groups that they form. */
function suggested(topics: readonly string[]): string[] {
  const groups = new Set(topics.map((topic) => `${topic.slice(0, topic.indexOf('.'))}.**`));
  return [...[...groups].sort(), ...topics];
}
