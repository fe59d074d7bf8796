/** A room as it is being asked for; options by their names, as typed. */
export interface Draft {
  readonly roomId: string;
  readonly connector: 'local' | 'daily' | 'external' | 'transcript' | 'recording';
  readonly bot: string;
  readonly assistantId: string;
  readonly policy: string;
  readonly options: Readonly<Record<string, string>>;
}

/** `lobby`, or the first of `lobby-2`, `lobby-3` … that is free. */
export function freeName(taken: readonly string[]): string {
  let name = 'lobby';
  for (let i = 2; taken.includes(name); i++) name = `lobby-${i}`;
  return name;
}
