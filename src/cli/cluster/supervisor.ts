import cluster, { type Worker } from 'node:cluster';
import { performance } from 'node:perf_hooks';
import type { Logger } from '../../server/index.js';
import { send, type ToPrimary } from './messages.js';
import { ClusterMetrics } from './metrics.js';
import { exitCodes } from '../report.js';

/** So many workers may end by themselves within the time below; one more ends everything. */
const crashBudget = 5;
const crashWindowMs = 60_000;

/**
 * Keeps `count` workers running until a signal ends them: each is this very command in a process of its own. Returns the
 * code to exit with: that of the first worker when it never got ready, 1 when workers keep ending, 0 after a drain.
 */
export function supervise(count: number, logger: Logger): Promise<number> {
  return new Promise((resolve) => {
    new Supervisor(count, logger, resolve).start();
  });
}

class Supervisor {
  readonly #metrics = new ClusterMetrics();
  readonly #count: number;
  readonly #logger: Logger;
  readonly #done: (code: number) => void;
  #crashes: number[] = [];
  #proven = false;
  /** Set once the end has begun. */
  #code: number | undefined;

  constructor(count: number, logger: Logger, done: (code: number) => void) {
    this.#count = count;
    this.#logger = logger;
    this.#done = done;
  }

  start(): void {
    cluster.on('message', (worker, message: ToPrimary) => {
      this.#metrics.onMessage(worker, message);
      if (message.kind === 'ready') this.#onReady(worker);
    });
    cluster.on('exit', (worker, code, signal) => this.#onExit(worker, code, signal));
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => this.#onSignal(name));
    // The first shows that it can be done: what is wrong with the model or the port is then said once.
    cluster.fork();
  }

  #onReady({ id, process: { pid } }: Worker): void {
    this.#logger.info({ worker: id, pid }, 'worker ready');
    if (this.#proven || this.#code !== undefined) return;
    this.#proven = true;
    for (let others = 1; others < this.#count; others++) cluster.fork();
  }

  #onExit(worker: Worker, code: number | null, signal: string | null): void {
    this.#metrics.onExit(worker);
    if (this.#code === undefined) this.#onCrash(worker, code, signal);
    else if (code !== 0) this.#code = exitCodes.failure;
    if (this.#code !== undefined && workers().length === 0) this.#done(this.#code);
  }

  #onCrash({ id }: Worker, code: number | null, signal: string | null): void {
    if (!this.#proven) {
      this.#code = code || exitCodes.failure;
      return;
    }
    const now = performance.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < crashWindowMs), now];
    this.#logger.error({ worker: id, code, signal, crashes: this.#crashes.length }, 'worker ended');
    if (this.#crashes.length < crashBudget) {
      cluster.fork();
      return;
    }
    this.#logger.fatal({ crashes: this.#crashes.length, withinMs: crashWindowMs }, 'workers keep ending');
    this.#end(exitCodes.failure);
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#code !== undefined) {
      for (const worker of workers()) worker.process.kill('SIGKILL');
      process.exit(exitCodes.failure);
    }
    this.#logger.info({ signal }, 'draining');
    this.#end(exitCodes.ok);
  }

  #end(code: number): void {
    this.#code = code;
    for (const worker of workers()) send(worker, { kind: 'drain' });
  }
}

function workers(): Worker[] {
  // One that has ended stays listed until its channel has closed too.
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && !worker.isDead()) as Worker[];
}
