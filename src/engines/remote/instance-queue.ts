import type { RunTimings } from '../../async/clock.js';
import { Desk, Ticket, type TicketLimits } from '../../async/ticket.js';
import { reworded, torchError, type TorchError } from '../../errors.js';
import type { Busy, Run } from '../../model/engine.js';
import type { RunOptions } from '../../model/options.js';
import type { RunReply, WireValue } from './protocol.js';

/** An instance of a model, elsewhere: in a worker thread, or another process. It runs one thing at a time. */
export interface InstancePort {
  run(submission: Submission): Promise<RunReply>;
  /** Frees the model. Ending a thread does not free what native code holds. */
  release(): Promise<void>;
  end(): Promise<void>;
  /** Whether it keeps the process alive. */
  hold(held: boolean): void;
  /** Called once, when it has ended by itself. */
  set onGone(listener: (error: TorchError) => void);
}

/** Inputs that nobody else refers to; their memory goes to the instance. */
export interface Submission {
  readonly inputs: readonly WireValue[];
  readonly transfer: readonly ArrayBuffer[];
  /** Which outputs to return; without it all of them. */
  readonly outputs?: readonly string[];
}

export interface Ran {
  readonly outputs: readonly WireValue[];
  readonly timings: RunTimings;
}

class Job extends Ticket<Ran> {
  /** When an instance got it, on the desk's clock. */
  began = 0;

  constructor(
    desk: Desk<Job>,
    readonly submission: Submission,
    readonly instance: number,
    limits: TicketLimits,
  ) {
    super(desk, limits);
  }
}

/**
 * The runs of a model: its instances, and the runs that wait for one. They wait here and not at an instance, so that an
 * abort takes them out.
 */
export class InstanceQueue {
  readonly #ports: readonly InstancePort[];
  readonly #running: (Job | undefined)[];
  readonly #waiting = new Set<Job>();
  readonly #maxPending: number;
  readonly #desk = new Desk<Job>({
    hold: (held) => {
      for (const port of this.#ports) port.hold(held);
    },
    drop: (job) => this.#waiting.delete(job),
  });
  #closing = false;
  #broken: TorchError | undefined;
  #idle: (() => void) | undefined;

  constructor(ports: readonly InstancePort[], maxPending: number) {
    this.#ports = ports;
    this.#running = ports.map(() => undefined);
    this.#maxPending = maxPending;
    for (const port of ports) {
      port.hold(false);
      port.onGone = (error) => {
        this.#broken = error;
        this.#drop(error);
      };
    }
  }

  /**
   * Runs on the given instance, or with -1 on the next that is idle.
   * @param prepare is called when there is room
   * @throws ERR_QUEUE_FULL, ERR_TIMEOUT, `signal.reason`, ERR_DISPOSED, what the instance throws, or ERR_INTERNAL once one has ended
   */
  async submit(
    prepare: () => Submission,
    { signal, timeoutMs }: RunOptions,
    instance: number,
    { accepted, finished }: Pick<Run, 'accepted' | 'finished'>,
  ): Promise<Ran> {
    signal?.throwIfAborted();
    if (this.#broken) throw reworded(this.#broken, (sentence) => sentence);
    this.#requireRoom();
    const submission = prepare();
    accepted();
    const since = this.#desk.clock.now();
    const job = new Job(this.#desk, submission, instance, { signal, timeoutMs, since, onFinished: finished });
    this.#waiting.add(job);
    this.#pump();
    return job.promise;
  }

  /** What the instances run at this moment. */
  busy(): Busy {
    const now = this.#desk.clock.now();
    const ages = this.#running.flatMap((job) => (job ? [now - job.began] : []));
    if (ages.length === 0) return { running: 0, oldestMs: 0, youngestMs: 0 };
    return { running: ages.length, oldestMs: Math.max(...ages), youngestMs: Math.min(...ages) };
  }

  /** Drops what waits, lets what runs finish, and ends the instances. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#desk.hold(); // until the instances have ended
    try {
      this.#drop(torchError('ERR_DISPOSED', 'The model was disposed'));
      if (this.#running.some((job) => job)) await new Promise<void>((resolve) => (this.#idle = resolve));
      await Promise.all(this.#ports.map(endPort));
    } finally {
      this.#desk.unhold();
    }
  }

  #requireRoom(): void {
    const running = this.#running.reduce((count, job) => count + (job ? 1 : 0), 0);
    if (running + this.#waiting.size < this.#ports.length + this.#maxPending) return;
    throw torchError('ERR_QUEUE_FULL', "The model's queue of waiting runs is full; raise maxPending or send less");
  }

  /** Gives every idle instance the oldest run that may go to it. */
  #pump(): void {
    if (this.#waiting.size === 0) return;
    for (const index of this.#ports.keys()) {
      if (this.#running[index]) continue;
      for (const job of this.#waiting) {
        if (job.instance !== -1 && job.instance !== index) continue;
        this.#waiting.delete(job);
        this.#run(job, index);
        break;
      }
    }
  }

  #run(job: Job, index: number): void {
    this.#running[index] = job;
    job.began = this.#desk.clock.now();
    const queueMs = job.began - job.since;
    (this.#ports[index] as InstancePort).run(job.submission).then(
      ({ outputs, runMs }) => {
        this.#running[index] = undefined;
        job.resolve({ outputs, timings: { queueMs, runMs } });
        this.#next();
      },
      (error: unknown) => {
        this.#running[index] = undefined;
        job.reject(error);
        this.#next();
      },
    );
  }

  #next(): void {
    if (!this.#closing) this.#pump();
    else if (!this.#running.some((job) => job)) this.#idle?.();
  }

  #drop(error: TorchError): void {
    for (const job of this.#waiting) {
      this.#waiting.delete(job);
      job.reject(error);
    }
  }
}

async function endPort(port: InstancePort): Promise<void> {
  await port.release().catch(() => undefined);
  await port.end();
}
