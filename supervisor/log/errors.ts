/** The log cannot be opened; the message says why and what to do. */
export class LogOpenError extends Error {
  override name = 'LogOpenError';
}

/** The log is closed or broken: what was asked for did not happen, and never will. */
export class LogClosedError extends Error {
  override name = 'LogClosedError';
}

/** A commit didn't happen because the disk is full; the message says how full, and what to do. Smaller ones may work. */
export class DiskFullError extends Error {
  override name = 'DiskFullError';
}
