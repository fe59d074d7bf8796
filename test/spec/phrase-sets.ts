const letter = (i: number): string => String.fromCharCode(0x4e00 + i);

/** a, aa, aaa …, and a letter of its own before as many: each beginning has hundreds of words at its end. */
export function nested(units: number): string[] {
  const words = Array.from({ length: 400 }, (_, i) => 'a'.repeat(i + 1));
  let left = units - (400 * 401) / 2;
  for (let i = 0; left > 0; i++) {
    const word = letter(i) + 'a'.repeat(Math.min(509, left - 1));
    words.push(word);
    left -= word.length;
  }
  return words;
}

/** Of few letters, without a word twice: hardly a beginning is shared. */
export function mixed(units: number, length: number, letters: number): string[] {
  let state = 1;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return letter(Math.floor((state / 2 ** 32) * letters));
  };
  return Array.from({ length: Math.floor(units / length) }, (_, i) =>
    [letter(i), ...Array.from({ length: length - 1 }, chance)].join(''),
  );
}

/** Each is the two before it in a row, and so is full of them. */
export function fibonacci(count: number): string[] {
  const words = ['b', 'a'];
  while (words.length < count) words.push((words.at(-1) ?? '') + (words.at(-2) ?? ''));
  return words;
}

/** All ends of a word, itself among them. */
export function ends(word: string): string[] {
  return [...new Set(Array.from(word, (_, i) => word.slice(i)))];
}
