import { fileURLToPath } from 'node:url';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Child, Exit, Launch } from '../child/port.ts';
import { BrowserError } from './api.ts';
import type { HostReport, HostSettings } from './host-protocol.ts';
import { type Watch, watch } from './watch.ts';

const MAX_REPORT = 65_536;
/** It starts a browser first, and a machine may be busy. */
const READY_MS = 60_000;
/** It says that it is alive every 15 s. */
const PULSE = { periodMs: 15_000, periods: 4 };
/** Longer than it gives its browsers. */
const STOP_MS = 12_000;
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const ENTRY = fileURLToPath(new URL(FROM_SOURCE ? './host/main.ts' : './browser-host.js', import.meta.url));

/** What it does is forgotten at once: room for more of it would only cost memory. */
const SMALL = ['--max-semi-space-size=1'];

export interface HostProcessParts {
  readonly launch: Launch;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  onStderr(line: string): void;
}

/** One process that has browsers. It ends when this one does, since its standard input does. */
export class HostProcess {
  /** Rejects with a BrowserError when there is no browser, and the process has ended. */
  readonly ready: Promise<void>;
  /** When it has ended, whatever for. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #child: Child;
  readonly #parts: HostProcessParts;
  readonly #pulse: Watch;
  #pages = 0;
  #problem: string | undefined;
  #stopping = false;

  constructor(settings: HostSettings, parts: HostProcessParts) {
    this.#parts = parts;
    const { launch, clock, env, cwd, telemetry } = parts;
    const command = [process.execPath, ...SMALL, ENTRY, JSON.stringify(settings)];
    this.#child = launch(
      { command, env, cwd, maxLineBytes: MAX_REPORT },
      {
        onLine: (line) => this.#hear(line),
        onFault: (fault) => parts.onStderr(`host: ${fault} on standard output`),
        onStderr: (line) => parts.onStderr(line),
      },
    );
    telemetry.browserHostStarted(this.#child.pid);
    const limit = clock.after(READY_MS, () => {
      this.#problem ??= `the browser: expected it to be ready within ${READY_MS / 1_000} s; is this machine too busy?`;
      void this.stop();
    });
    const onSilent = () => {
      telemetry.browserHostSilent(PULSE.periodMs * PULSE.periods);
      this.#child.signal('SIGKILL');
    };
    this.#pulse = watch({ clock, ...PULSE, onSilent });
    this.ready = this.#ready.promise.finally(() => limit.cancel());
    this.ready.catch(() => undefined);
    this.exited = this.#child.exited.then((exit) => this.#over(exit));
  }

  /** Connections that it has at the moment. */
  get pages(): number {
    return this.#pages;
  }

  /** It ends its browsers first. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.signal('SIGTERM');
    const limit = this.#parts.clock.after(STOP_MS, () => this.#child.signal('SIGKILL'));
    await this.exited;
    limit.cancel();
  }

  #hear(line: string): void {
    const { telemetry } = this.#parts;
    this.#pulse.heard();
    const report = read(line);
    if (report === undefined || 'alive' in report) return;
    if ('ready' in report) this.#ready.resolve();
    else if ('problem' in report) this.#problem = report.problem;
    else if ('pages' in report) this.#count(report.pages);
    else if ('page' in report) telemetry.browserPageEnded(report.page, report.reason);
    else if (report.browser === 'started') telemetry.browserStarted(report.version, report.pid);
    else if (report.browser === 'silent') telemetry.browserSilent(report.silentMs);
    else telemetry.browserEnded(report.browser);
  }

  #count(pages: number): void {
    this.#pages = pages;
    this.#parts.telemetry.browserPages(pages);
  }

  #over(exit: Exit): Exit {
    const { code, signal, error } = exit;
    this.#pulse.stop();
    this.#ready.reject(
      new BrowserError(
        this.#problem ?? `the browser host ended before it was ready: ${error ?? signal ?? `code ${code}`}`,
      ),
    );
    const pages = this.#pages;
    this.#parts.telemetry.browserPages(0);
    this.#parts.telemetry.browserHostExited(exit, pages, this.#stopping || this.#problem !== undefined);
    return exit;
  }
}

function read(line: string): HostReport | undefined {
  try {
    return JSON.parse(line) as HostReport;
  } catch {
    return undefined;
  }
}
