import type { TopicPayloads } from '../../spec/generated/topics.ts';

export type Message = Pick<TopicPayloads['room.message.received'], 'text' | 'mentions' | 'replyTo'>;

export interface Self {
  /** The bot's id in the room. */
  readonly participantId: string;
  /** What it is called; each may follow an @, or begin a text before a comma or a colon. */
  readonly names: readonly string[];
  /** Whether it has said the message of that id. */
  readonly said: (messageId: string) => boolean;
}

const IN_A_NAME = /[\p{L}\p{N}\p{M}_-]/u;
const AFTER_A_NAME = /^[\s,:;!.?–—-]+/u;

/** What a message tells the bot, without its name; undefined where somebody else is meant, or nobody. */
export function wordsFor({ text, mentions, replyTo }: Message, self: Self): string | undefined {
  const begun = withoutName(text.trim(), self.names);
  if (begun !== undefined) return begun;
  const meant = mentions?.includes(self.participantId) === true;
  if (!meant && (replyTo === undefined || !self.said(replyTo))) return undefined;
  return withoutMention(text, self.names).trim();
}

/** `@bot who is here`, `bot, who is here` → `who is here`. */
function withoutName(text: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    if (isAt(text, `@${name}`, 0)) return text.slice(name.length + 1).replace(AFTER_A_NAME, '');
    if (isAt(text, name, 0) && /^\s*[,:]/.test(text.slice(name.length))) {
      return text.slice(name.length).replace(AFTER_A_NAME, '');
    }
  }
  return undefined;
}

/** `who is here, @bot?` → `who is here, ?` */
function withoutMention(text: string, names: readonly string[]): string {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const name = names.find((each) => isAt(text, `@${each}`, at));
    if (name !== undefined) return text.slice(0, at) + text.slice(at + 1 + name.length);
  }
  return text;
}

/** Whether the text has that name there, in whatever case, and it ends there. */
function isAt(text: string, name: string, index: number): boolean {
  const end = index + name.length;
  const next = String.fromCodePoint(text.codePointAt(end) ?? 0x20);
  return text.slice(index, end).toLowerCase() === name.toLowerCase() && !IN_A_NAME.test(next);
}
