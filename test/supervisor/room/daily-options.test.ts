import { describe, expect, it } from 'vitest';
import { checkConnector } from '../../../supervisor/room/connectors.ts';
import { callOf } from '../../../supervisor/room/daily-options.ts';

const TELL = { topics: ['conversation.**'], perSecond: 5 };
const DAILY = { apiKeyEnv: 'DAILY_API_KEY', hasKey: true, tell: TELL };

function check(options: Record<string, unknown>, { roomId = 'standup', daily = {} } = {}) {
  const config = { transcript: { folder: '/nowhere' }, daily: { ...DAILY, ...daily } };
  return checkConnector({ connector: 'daily', roomId, options }, config);
}

describe('the options of a room at Daily', () => {
  it('are none: the room is called as ours, and the configuration says what is told', async () => {
    expect(await check({})).toEqual({ ok: true, options: { room: 'standup', tell: TELL } });
    expect(await check({ tell: { topics: ['**'], perSecond: 1e9 } })).toEqual(await check({}));
  });

  it.each([
    [{ room: 'other' }, 'other'],
    [{ url: 'https://team.daily.co/other' }, 'other'],
    [{ room: 'other', url: 'https://team.daily.co/other', owner: true, greet: false, scoreEvery: 5 }, 'other'],
  ])('%j', async (options, room) => {
    expect(await check(options)).toEqual({ ok: true, options: { ...options, room, tell: TELL } });
  });

  it.each([
    [{ room: '' }, 'options.room: expected a name of Daily\'s: 1 to 128 of A-Z a-z 0-9 _ -; got ""'],
    [{ room: 'a.b' }, 'got "a.b"'],
    [{ room: '../a' }, 'got "../a"'],
    [{ room: 7 }, 'got 7'],
    [{ owner: 'yes' }, 'options.owner: expected true or false, got "yes"'],
    [{ greet: 1 }, 'options.greet: expected true or false, got 1'],
    [{ url: 7 }, 'options.url: expected an address such as https://TEAM.daily.co/ROOM'],
    [{ url: 'team.daily.co/a' }, 'options.url: expected an address such as'],
    [{ url: 'http://team.daily.co/a' }, 'got one with http://'],
    [{ url: 'https://hidden:hidden@team.daily.co/a' }, 'got one with user and password'],
    [{ url: 'https://team.daily.co.example/hidden' }, 'got one with another host'],
    [{ url: 'https://daily.co/hidden' }, 'got one with another host'],
    [{ url: 'https://team.daily.co:8443/hidden' }, 'got one with another host'],
    [{ url: 'https://team.daily.co/a?t=hidden' }, 'something behind the room: roomd makes the token'],
    [{ url: 'https://team.daily.co/a#hidden' }, 'something behind the room'],
    [{ url: 'https://team.daily.co/a/hidden' }, "a room that isn't a name"],
    [{ url: 'https://team.daily.co/' }, "a room that isn't a name"],
    [{ room: 'a', url: 'https://team.daily.co/b' }, 'expected the address of the room "a", got that of "b"'],
  ])('%j is refused', async (options, detail) => {
    const refused = await check(options);
    expect(refused).toEqual({ ok: false, detail: expect.stringContaining(detail) });
    expect(JSON.stringify(refused)).not.toContain('hidden');
  });

  it("name a room where ours is none of Daily's", async () => {
    const refused = await check({}, { roomId: 'stand.up' });
    expect(refused).toEqual({ ok: false, detail: expect.stringContaining('options.room with one; got "stand.up"') });
    expect(await check({ room: 'standup' }, { roomId: 'stand.up' })).toMatchObject({ ok: true });
  });

  it('are of the configured domain, where there is one', async () => {
    const daily = { domain: 'acme' };
    expect(await check({ url: 'https://acme.daily.co/a' }, { daily })).toMatchObject({ ok: true });
    expect(await check({ url: 'https://team.daily.co/a' }, { daily })).toEqual({
      ok: false,
      detail: expect.stringContaining('such as https://acme.daily.co/ROOM, got one with another host'),
    });
  });

  it('are of no use without a key', async () => {
    const expected = { ok: false, detail: expect.stringContaining('expected an API key in MY_KEY; take one from') };
    expect(await check({}, { daily: { hasKey: false, apiKeyEnv: 'MY_KEY' } })).toEqual(expected);
  });
});

it('the call of a room is its address as far as it is known, otherwise its name', () => {
  const url = 'https://team.daily.co/other';
  expect(callOf({ connector: 'daily', options: { room: 'other' } })).toBe('other');
  expect(callOf({ connector: 'daily', options: { room: 'other', url } })).toBe(url);
  expect(callOf({ connector: 'daily', options: { room: 'other' } }, url)).toBe(url);
  expect(callOf({ connector: 'external', options: { room: 'other', url } })).toBe(null);
});
