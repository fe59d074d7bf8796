/** A room's options are not what they should be; the message lists all that is wrong. */
export class OptionsError extends Error {
  override name = 'OptionsError';
}

/** How the bot behaves in the room; all times are milliseconds of room time. */
export interface Behaviour {
  /** `scoreEvery`: a dominance score as often as this. */
  readonly scoreEvery: number;
  /** `window`: speech counts for so long. */
  readonly window: number;
  /** `dominanceThreshold`, 0 to 1: above it the bot speaks up. */
  readonly dominanceThreshold: number;
  /** `minSpeech`: the window has to hold as much speech before the bot speaks up. */
  readonly minSpeech: number;
  /** `messageEvery`: at most one message of its own in so long. */
  readonly messageEvery: number;
  /** `greet`: whether it welcomes people who come into a chat room. */
  readonly greet: boolean;
}

const DEFAULTS: Behaviour = {
  scoreEvery: 30_000,
  window: 300_000,
  dominanceThreshold: 0.5,
  minSpeech: 60_000,
  messageEvery: 120_000,
  greet: true,
};

/** The room's options → the behaviour, defaults filled in. Options of others are left alone. Throws an OptionsError. */
export function readBehaviour(options: Readonly<Record<string, unknown>>): Behaviour {
  const problems: string[] = [];
  const number = (name: Exclude<keyof Behaviour, 'greet'>, expected: string, fits: (value: number) => boolean) => {
    const value = options[name] ?? DEFAULTS[name];
    if (typeof value === 'number' && fits(value)) return value;
    problems.push(`options.${name}: expected ${expected}, got ${JSON.stringify(value)}`);
    return DEFAULTS[name];
  };
  const { greet = DEFAULTS.greet } = options;
  if (typeof greet !== 'boolean') problems.push(`options.greet: expected true or false, got ${JSON.stringify(greet)}`);
  const positive = (value: number) => Number.isSafeInteger(value) && value > 0;
  const behaviour = {
    scoreEvery: number('scoreEvery', 'whole milliseconds above 0', positive),
    window: number('window', 'whole milliseconds above 0', positive),
    dominanceThreshold: number('dominanceThreshold', 'a number from 0 to 1', (value) => value >= 0 && value <= 1),
    minSpeech: number('minSpeech', 'milliseconds, 0 or more', (value) => value >= 0),
    messageEvery: number('messageEvery', 'milliseconds, 0 or more', (value) => value >= 0),
    greet: greet === true,
  };
  if (problems.length > 0) throw new OptionsError(problems.join('; '));
  return behaviour;
}
