import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** Of a page. `problem`: there was none. */
export type PageAnswer =
  | { readonly webrtc: boolean; readonly supported: boolean; readonly version: string }
  | { readonly problem: string };

/** Runs behind Daily's client in the page, and tells when it is asked. */
export const SCRIPT: string = `globalThis.roomdTake = async () => {
  let webrtc = false;
  try {
    const peer = new RTCPeerConnection();
    peer.createDataChannel('doctor');
    webrtc = (await peer.createOffer()).sdp.includes('webrtc-datachannel');
    peer.close();
  } catch {}
  let supported = false;
  try {
    supported = globalThis.DailyIframe.supportedBrowser().supported === true;
  } catch {}
  const [version = 'a browser'] = /Chrom\\w*\\/[\\d.]+/.exec(navigator.userAgent) ?? [];
  globalThis.roomdSay(JSON.stringify({ webrtc, supported, version }));
};
`;

const hostLine = z.object({ host: z.enum(['ready', 'crashed', 'refused']), reason: z.string().optional() });
const pageLine = z.object({ webrtc: z.boolean(), supported: z.boolean(), version: z.string().max(128) });

/** Opens a page at the socket, and asks it. Rejects when the connection fails. */
export async function askPage(socket: string, signal: AbortSignal): Promise<PageAnswer> {
  const connection = connect(socket);
  const stop = () => connection.destroy(new Error('aborted'));
  signal.addEventListener('abort', stop, { once: true });
  const failed = Promise.withResolvers<never>();
  connection.on('error', failed.reject);
  try {
    return await Promise.race([converse(connection), failed.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    connection.destroy();
  }
}

async function converse(connection: ReturnType<typeof connect>): Promise<PageAnswer> {
  for await (const text of createInterface({ input: connection })) {
    const line = parse(text);
    const told = pageLine.safeParse(line);
    if (told.success) return told.data;
    const { data: said } = hostLine.safeParse(line);
    if (said?.host === 'ready') connection.write('{}\n');
    else if (said !== undefined) return { problem: said.reason ?? said.host };
  }
  return { problem: 'expected a page, got the end of the connection' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
