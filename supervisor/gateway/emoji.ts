const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const PARTS = /^[\p{Emoji}\p{Emoji_Component}]+$/u;
/** Of digits and joiners alone there is nothing to see. */
const VISIBLE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
/** UTF-16 units, as the topics' schema has it: the longest families and flags have less. */
const MAX_UNITS = 32;

/** Whether the text is one emoji as people see it, however many code points that takes. */
export function isEmoji(text: string): boolean {
  if (text.length > MAX_UNITS || !PARTS.test(text) || !VISIBLE.test(text)) return false;
  const [, second] = GRAPHEMES.segment(text);
  return second === undefined;
}
