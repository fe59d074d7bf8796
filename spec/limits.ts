/** The longest line a bot may write, in bytes of UTF-8; see spec/bot-protocol.md. */
export const MAX_LINE_BYTES = 262_144;
