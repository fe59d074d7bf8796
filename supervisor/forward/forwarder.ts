import { Pump } from './pump.ts';
import type { PumpOptions } from './pump-options.ts';
import { type ForwardConfig, forwardSettings } from './settings.ts';

export interface ForwarderOptions extends Omit<PumpOptions, 'settings'> {
  readonly config: ForwardConfig;
}

/** Throws a RangeError for settings that no request could satisfy; the backlog isn't touched. */
export function createForwarder({ config, ...options }: ForwarderOptions): Pump {
  return new Pump({ ...options, settings: forwardSettings(config) });
}
