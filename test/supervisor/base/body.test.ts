import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readBody } from '../../../supervisor/base/body.ts';
import { endpoint } from '../assistants/rig.ts';

it.each([
  ['nothing', '', 0],
  ['as much as it may be', 'é'.repeat(50), 100],
])('reads %s', async (_, text, max) => {
  const server = await endpoint((response) => response.end(text));
  expect((await readBody(await fetch(server.origin), max))?.toString()).toBe(text);
});

it('reads nothing where there is no body', async () => {
  expect(await readBody(new Response(null), 0)).toHaveLength(0);
});

it('counts bytes as they are unpacked', async () => {
  const packed = gzipSync(Buffer.alloc(1_000_000));
  const server = await endpoint((response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed));
  expect(packed.byteLength).toBeLessThan(10_000);
  expect(await readBody(await fetch(server.origin), 10_000)).toBeUndefined();
  expect(await readBody(await fetch(server.origin), 1_000_000)).toHaveLength(1_000_000);
});

it('reads no more of what never ends, and lets it go', async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(100)),
    cancel() {
      cancelled = true;
    },
  });
  expect(await readBody(new Response(body), 1_000)).toBeUndefined();
  expect(cancelled).toBe(true);
});
