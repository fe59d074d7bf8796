/** The name of a room: it is part of paths, of variables and of file names. */
export const ROOM_ID: RegExp = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;
