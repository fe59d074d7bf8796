const EMOJI = /^\p{RGI_Emoji}$/v;
/** Without it some emoji are shown as letters are; it is left out often. */
const AS_EMOJI = '\ufe0f';

/** Whether the text is one emoji of those that Unicode recommends, however many code points that takes: no other says anything. */
export function isEmoji(text: string): boolean {
  return EMOJI.test(text) || EMOJI.test(text + AS_EMOJI);
}
