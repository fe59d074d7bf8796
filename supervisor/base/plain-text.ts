/** A character, and the marks and invisible characters behind it. */
const CLUSTER = /.[\p{M}\p{Default_Ignorable_Code_Point}]*/gsu;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const ASCII = /^[\0-\x7f]*$/;

/** A text as it looks: compatible forms are one, and what is invisible isn't there. */
export interface PlainText {
  readonly text: string;
  /** From where to where in the source that stands, at least. In UTF-16 units, as everywhere. */
  source(start: number, end: number): readonly [number, number];
}

/** Undefined for a text that is plain already, as far as is to be seen at once. */
export function plainText(source: string): PlainText | undefined {
  if (ASCII.test(source)) return undefined;
  let text = '';
  /** For each unit of the text: the cluster that it is of. */
  const clusters: number[] = [];
  const starts: number[] = [];
  for (const { 0: cluster, index } of source.toWellFormed().matchAll(CLUSTER)) {
    const plain = cluster.replace(INVISIBLE, '').normalize('NFKC');
    text += plain;
    for (let i = 0; i < plain.length; i++) clusters.push(starts.length);
    starts.push(index);
  }
  starts.push(source.length);
  return {
    text,
    source: (start, end) => [starts[clusters[start] ?? 0] ?? 0, starts[(clusters[end - 1] ?? 0) + 1] ?? source.length],
  };
}
