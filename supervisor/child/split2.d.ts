declare module 'split2' {
  import type { Transform } from 'node:stream';

  /** `maxLength` counts characters of the line under way; with `skipOverflow` a longer one is dropped, unreported. */
  export interface SplitOptions {
    maxLength?: number;
    skipOverflow?: boolean;
  }

  /** `overflow` is true while the line under way is being dropped. */
  export interface Splitter extends Transform {
    readonly overflow: boolean;
  }

  /** The mapper gets each line; what it returns is pushed, unless undefined. */
  export default function split2(
    matcher: string | RegExp,
    mapper: (line: string) => unknown,
    options?: SplitOptions,
  ): Splitter;
}
