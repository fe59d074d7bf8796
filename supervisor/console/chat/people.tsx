import { chat } from '../live.ts';

/** Who is in the room. */
export function People() {
  const { participants, self } = chat.value;
  const sorted = [...participants].sort((a, b) => Number(b.isBot) - Number(a.isBot) || a.name.localeCompare(b.name));
  return (
    <section class="chat-people" aria-labelledby="chat-people">
      <h2 id="chat-people">
        In the room <span class="chat-count">{participants.length}</span>
      </h2>
      {sorted.length === 0 && <p>Nobody.</p>}
      <ul>
        {sorted.map(({ participantId, name, isBot, presence }) => (
          <li key={participantId}>
            <span class={`chat-dot ${presence}`} aria-hidden="true" />
            <span class="chat-name">{name}</span>
            {isBot && <span class="chat-tag">bot</span>}
            {participantId === self && <span class="chat-tag">you</span>}
            {presence === 'away' && <span class="chat-away">away</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
