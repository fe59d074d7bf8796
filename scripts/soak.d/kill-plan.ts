import fc from 'fast-check';

/** What the stand-in does with a request. */
export type Fault = 'none' | 'throttle' | 'fail' | 'unavailable' | 'reset' | 'lost' | 'hang';

/** Only entries fail. */
export const SHAKY: Fault[] = ['throttle', 'none'];

export interface RoomPlan {
  readonly roomId: string;
  /** Milliseconds between bursts; 0: as fast as it can. */
  readonly everyMs: number;
  /** Telemetry events for each authoritative one. */
  readonly telemetry: number;
}

/** One life of a supervisor. */
export interface Plan {
  /** When the kill comes: counted from the start of the process, or from when it serves. */
  readonly moment: 'starting' | 'taking in' | 'load';
  readonly afterMs: number;
  /** Stopped for so long before it is killed, so that bots are left with much. */
  readonly frozenMs: number;
  readonly rooms: readonly RoomPlan[];
  /** One a request, over and over. */
  readonly faults: readonly Fault[];
}

/** The same ids come again and again: rooms that are taken up while their former bots are leaving. */
const room = fc.record({
  roomId: fc.integer({ min: 0, max: 11 }).map((n) => `room-${n}`),
  everyMs: fc.constantFrom(0, 5, 10, 20),
  telemetry: fc.constantFrom(0, 0, 1),
});
const rooms = fc.uniqueArray(room, { selector: ({ roomId }) => roomId, minLength: 2, maxLength: 4 });
const fault = fc.constantFrom<Fault>('none', 'none', 'throttle', 'fail', 'unavailable', 'reset', 'lost', 'hang');
const faults = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Fault[]>(['none']) },
  { weight: 3, arbitrary: fc.constant(SHAKY) },
  { weight: 3, arbitrary: fc.array(fault, { minLength: 1, maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom<Fault[]>(['unavailable'], ['lost'], ['hang']) },
);
const frozenMs = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(400) });
const shared = { rooms, faults };

const plan: fc.Arbitrary<Plan> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      moment: fc.constant('starting'),
      afterMs: fc.nat(500),
      frozenMs: fc.constant(0),
      ...shared,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ moment: fc.constant('taking in'), afterMs: fc.nat(250), frozenMs, ...shared }),
  },
  { weight: 7, arbitrary: fc.record({ moment: fc.constant('load'), afterMs: fc.nat(2_500), frozenMs, ...shared }) },
);

/** The plans of so many rounds: the same for the same seed. */
export function plans(rounds: number, seed: number): Plan[] {
  return rounds === 0 ? [] : fc.sample(fc.noBias(plan), { seed, numRuns: rounds });
}
