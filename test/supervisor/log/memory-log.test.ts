import { onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import { describeLog } from './contract.ts';
import { quietTelemetry } from './support.ts';

describeLog('memory log', async () => {
  const log = createMemoryLog({ clock: systemClock, telemetry: quietTelemetry() });
  onTestFinished(() => log.close());
  return log;
});
