/** The whole of an answer's body, unpacked, read on only as long as it isn't too much. Undefined: it is. Rejects as reading does. */
export async function readBody({ body }: Pick<Response, 'body'>, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
