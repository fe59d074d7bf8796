import { GATEWAY } from '../../spec/chat.ts';

const LOCAL = ',"local":true';

/**
 * What `meta` says of an event last, behind its numbers: that it is of a local room, and who brought it in, where
 * somebody has. So the end of a stamped envelope tells both, without being parsed: nothing that a publisher writes
 * stands there.
 */
export function stampEnd(isLocal: boolean, by: string | undefined): string {
  return `${isLocal ? LOCAL : ''}${by === undefined ? '' : `,"by":${JSON.stringify(by)}`}}`;
}

interface Stamped {
  /** The envelope, as roomd has written it. */
  readonly json: string;
}

const LOCAL_BY_BOT = `${stampEnd(true, undefined)}}`;
const LOCAL_BY_GATEWAY = `${stampEnd(true, GATEWAY)}}`;
const BY_GATEWAY = `${stampEnd(false, GATEWAY)}}`;

/** Whether somebody else than a bot or the supervisor has brought the event in: only then does its meta end with a text. */
export function isBrought({ json }: Stamped): boolean {
  return json.endsWith('"}}');
}

/** Whether the gateway of local rooms has brought it in: its people are told to the bot. */
export function isOfGateway({ json }: Stamped): boolean {
  return json.endsWith(BY_GATEWAY);
}

/** Whether it is one that its local room's bot or the gateway has told. */
export function isOfLocalRoom({ json }: Stamped): boolean {
  return json.endsWith(LOCAL_BY_BOT) || json.endsWith(LOCAL_BY_GATEWAY);
}
