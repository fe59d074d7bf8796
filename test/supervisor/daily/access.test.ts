import { describe, expect, it } from 'vitest';
import { BrowserError } from '../../../supervisor/browser/api.ts';
import { createDailyAccess, type DailyAccessConfig } from '../../../supervisor/daily/access.ts';
import type { Entrant } from '../../../supervisor/room/access.ts';
import type { DailyRestOptions } from '../../daily/rest-server.ts';
import { restRig } from './rig.ts';

const CONFIG: DailyAccessConfig = { createRooms: false, userName: 'roomd', apiKeyEnv: 'DAILY_API_KEY' };
const SIGNAL = new AbortController().signal;

function entrant(request: Partial<Entrant['request']> = {}): Entrant {
  const options = { room: 'standup', ...request.options };
  return {
    request: { roomId: 'standup', connector: 'daily', bot: 'default', ...request, options },
    remainingMs: 60_000,
  };
}

async function rig(config: Partial<DailyAccessConfig> = {}, options: DailyRestOptions & { wrongKey?: string } = {}) {
  const rest = await restRig(options);
  const browser = { socket: '/data/browser/pages', ready: async () => {} };
  const ended = new AbortController();
  const deps = { rest: rest.client, browsers: browser, clock: rest.clock, ended: ended.signal };
  return { ...rest, browser, end: () => ended.abort(), access: createDailyAccess({ ...CONFIG, ...config }, deps) };
}

describe('access to a room at Daily', () => {
  it('is a token for this room and this run, as long as the room may last', async () => {
    const { access, server, clock } = await rig();
    const expiresAt = clock.now() + 60_000 + 300_000;
    expect(await access.open(entrant(), SIGNAL)).toEqual({
      type: 'room.access',
      url: 'https://team.daily.co/standup',
      token: server.tokens[0],
      expiresAt,
      userName: 'roomd',
      page: '/data/browser/pages',
    });
    const asked = server.requests.find(({ path }) => path === '/meeting-tokens');
    expect(asked?.body).toEqual({
      properties: {
        room_name: 'standup',
        user_name: 'roomd',
        user_id: expect.stringMatching(/^roomd-[0-9a-f]{30}$/),
        exp: expiresAt / 1_000,
        eject_at_token_exp: true,
        is_owner: false,
        enable_screenshare: false,
        start_video_off: true,
        start_audio_off: true,
      },
    });
    const again = await access.open(entrant(), SIGNAL);
    expect(again).toMatchObject({ type: 'room.access' });
    expect(new Set(server.tokens).size).toBe(2);
    expect(server.requests.filter(({ path }) => path === '/')).toHaveLength(1);
  });

  it('is for nobody else', async () => {
    const { access, server } = await rig();
    for (const connector of ['local', 'external', 'transcript', 'recording']) {
      expect(await access.open(entrant({ connector }), SIGNAL)).toBeUndefined();
    }
    expect(server.requests).toEqual([]);
  });

  it('has what the room, its assistant and the configuration say', async () => {
    const { access, server } = await rig({ domain: 'acme', bundles: 'http://127.0.0.1:1/bundle.js' });
    const named = entrant({ options: { owner: true }, assistant: { id: 'a', name: ' Ada ' } });
    expect(await access.open(named, SIGNAL)).toMatchObject({
      url: 'https://acme.daily.co/standup',
      userName: 'Ada',
      bundles: 'http://127.0.0.1:1/bundle.js',
    });
    expect(server.requests[0]?.body).toMatchObject({ properties: { is_owner: true, user_name: 'Ada' } });
    const url = 'https://other.daily.co/standup';
    expect(await access.open(entrant({ options: { url } }), SIGNAL)).toMatchObject({ url });
    expect(await access.open(entrant({ assistant: { id: 'a', name: ' ' } }), SIGNAL)).toMatchObject({
      userName: 'roomd',
    });
  });

  it('makes the room where it may and has to', async () => {
    const { access, server } = await rig({ createRooms: true, domain: 'team' }, { rooms: ['there'] });
    const paths = () => server.requests.splice(0).map(({ method, path }) => `${method} ${path}`);
    expect(await access.open(entrant(), SIGNAL)).toMatchObject({ type: 'room.access' });
    expect(paths().sort()).toEqual(['GET /rooms/standup', 'POST /meeting-tokens', 'POST /rooms']);
    expect(await access.open(entrant({ options: { room: 'there' } }), SIGNAL)).toMatchObject({ type: 'room.access' });
    expect(paths().sort()).toEqual(['GET /rooms/there', 'POST /meeting-tokens']);
  });

  it('is refused for good when the key is not accepted', async () => {
    const { access } = await rig({}, { wrongKey: 'hidden' });
    const refused = await access.open(entrant(), SIGNAL);
    expect(refused).toEqual({
      type: 'room.refused',
      reason: expect.stringContaining("the key in DAILY_API_KEY isn't accepted"),
      retryable: false,
    });
    expect(JSON.stringify(refused)).not.toContain('hidden');
    const without = createDailyAccess(CONFIG, undefined);
    expect(await without.open(entrant(), SIGNAL)).toMatchObject({ type: 'room.refused', retryable: false });
  });

  it('is refused for now when Daily does not answer, and asks for the domain anew next time', async () => {
    const { access, server, finish } = await rig();
    server.script(...Array.from({ length: 100 }, () => ({ status: 502 })));
    expect(await finish(access.open(entrant(), SIGNAL), 500)).toEqual({
      type: 'room.refused',
      reason: expect.stringContaining('HTTP 502'),
      retryable: true,
    });
    server.unscript();
    expect(await finish(access.open(entrant(), SIGNAL))).toMatchObject({ type: 'room.access' });
  });

  it('asks for the domain no longer than there are runs', async () => {
    const { access, server, clock, end } = await rig();
    server.script('hang', 'hang');
    const run = new AbortController();
    const opened = access.open(entrant(), run.signal);
    await server.until(2);
    run.abort();
    end();
    expect(await opened).toMatchObject({ type: 'room.refused' });
    expect(clock.waiting).toBe(0);
  });

  it('is refused when there is no browser, in the words of that, and of nothing else', async () => {
    const { access, browser } = await rig();
    browser.ready = () => Promise.reject(new BrowserError('expected Chromium, got nothing; install it'));
    const reason = 'expected Chromium, got nothing; install it';
    expect(await access.open(entrant(), SIGNAL)).toEqual({ type: 'room.refused', reason, retryable: true });
    browser.ready = () => Promise.reject(new Error('hidden'));
    expect(JSON.stringify(await access.open(entrant(), SIGNAL))).not.toContain('hidden');
  });
});
