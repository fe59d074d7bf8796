/** What a machine posts to its client. */
export type MachineMessage = { readonly action: string; readonly [field: string]: unknown };

/** The client's names; `machine/errors.ts` holds them against its types. */
export const FATAL = [
  'ejected',
  'nbf-room',
  'nbf-token',
  'exp-room',
  'exp-token',
  'no-room',
  'meeting-full',
  'end-of-life',
  'not-allowed',
  'connection-error',
] as const;
export const NONFATAL = [
  'input-settings-error',
  'screen-share-error',
  'local-audio-level-observer-error',
  'video-processor-error',
  'video-processor-warning',
  'audio-processor-error',
  'remote-media-player-error',
  'live-streaming-warning',
  'meeting-session-data-error',
] as const;

export type FatalType = (typeof FATAL)[number];
export type NonfatalType = (typeof NONFATAL)[number];

/** Of the size that Daily takes of an app message as JSON. */
export const MAX_APP_MESSAGE_BYTES = 4_096;

export interface Who {
  readonly sessionId: string;
  readonly userId: string;
  readonly userName: string;
  readonly owner: boolean;
  readonly joinedAt: Date;
}

const OFF = { subscribed: false, state: 'off', off: { byUser: true } };

/** In the shape in which the client keeps people: with cameras and microphones that are off. */
export function participant(who: Who, local: boolean): object {
  return {
    session_id: who.sessionId,
    user_id: who.userId,
    user_name: who.userName,
    local,
    owner: who.owner,
    joined_at: who.joinedAt,
    will_eject_at: null,
    audio: false,
    video: false,
    screen: false,
    tracks: { audio: OFF, video: OFF, screenAudio: OFF, screenVideo: OFF },
    permissions: { hasPresence: true, canSend: true, canReceive: { base: true }, canAdmin: who.owner },
    record: false,
    networkQualityState: 'good',
    participantType: 'participant',
    cam_info: {},
    screen_info: {},
  };
}

export function fatal(type: FatalType, msg = `the stand-in says ${type}`): MachineMessage {
  const details = type === 'connection-error' ? { on: 'join', sourceError: { msg, type } } : undefined;
  return { action: 'error', errorMsg: msg, error: { type, msg, ...(details && { details }) } };
}

export function nonfatal(type: NonfatalType, errorMsg = `the stand-in says ${type}`): MachineMessage {
  return { action: 'nonfatal-error', type, errorMsg };
}
