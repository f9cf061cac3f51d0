import type { Clock } from '../async/clock.js';
import { hasCode, warnOf } from '../errors.js';
import type { Batchable } from '../model/batchable.js';
import { releaseCall, type Call } from '../model/call.js';
import type { BatchExecution, Execution } from '../model/model.js';
import type { Value } from '../tensor/value.js';
import type { BatchTrace, CarriedCall } from './call-span.js';
import { LatencyFit } from './fit.js';
import type { ResolvedBatchOptions } from './options.js';
import type { RowChecker, RowCheckEvent } from './row-check.js';
import type { Counters } from './counters.js';
import type { BatchEvent, CloseReason } from './stats.js';
import type { Order, Request } from './waiting.js';

/** After so many batches in a row whose requests all failed alone too, running them alone is given up until one succeeds. */
const isolationLimit = 3;

/** What a runner needs of its queue. */
export interface RunnerHooks {
  /** A batch has ended and its instance is idle. @param trace where one of its calls has a span */
  ended(event: BatchEvent, trace: BatchTrace | undefined): void;
  /** Whether calls would stop sharing runs if rows were found to depend on each other. */
  wouldStop(): boolean;
  /** Rows were found to depend on each other: calls stop sharing runs. */
  stopBatching(event: Pick<RowCheckEvent, 'rows' | 'share'>): void;
  /** A row was checked. */
  checked(event: RowCheckEvent): void;
  /** A queue that is closing checks no more rows. */
  mayCheck(): boolean;
}

/** Runs batches and gives each request its outcome. */
export class BatchRunner {
  readonly fit = new LatencyFit();
  readonly instances: number;
  readonly #model: Batchable;
  readonly #options: ResolvedBatchOptions;
  readonly #counters: Counters;
  readonly #clock: Clock;
  readonly #checker: RowChecker;
  readonly #hooks: RunnerHooks;
  #hopeless = 0;
  inFlight = 0;
  /** Rows depend on each other, so that each request runs by itself. */
  isAlone = false;

  constructor(
    model: Batchable,
    options: ResolvedBatchOptions,
    counters: Counters,
    clock: Clock,
    checker: RowChecker,
    hooks: RunnerHooks,
  ) {
    this.#model = model;
    this.instances = model.info.instances;
    this.#options = options;
    this.#counters = counters;
    this.#clock = clock;
    this.#checker = checker;
    this.#hooks = hooks;
  }

  /** Rows a batch takes at present. A call that runs by itself is taken whole, however many it has. */
  get capacity(): number {
    const { targetP95Ms, maxBatchSize } = this.#options;
    return this.isAlone ? 1 : this.fit.capacity(targetP95Ms, maxBatchSize);
  }

  /** The compute budget has let this batch through. @param isCalm calls come one by one */
  start(requests: readonly Request[], reason: CloseReason, isCalm = false): void {
    this.inFlight++;
    const started = this.#clock.now();
    let rows = 0;
    let carried: CarriedCall[] | undefined;
    for (const { call, span, since } of requests) {
      rows += call.rows;
      if (span) (carried ??= []).push({ span, since, rows: call.rows });
    }
    const padTo = ((requests[0] as Request).isAlone ? undefined : this.#sizeFor(rows)) ?? rows;
    this.#counters.closedBatch(rows, padTo, reason);
    /** When the run was over; a check of its rows may go on. */
    let ended: number | undefined;
    const finish = (runMs: number, ran?: BatchExecution, error?: unknown): void => {
      this.inFlight--;
      for (const { call } of requests) releaseCall(call);
      const [oldest] = requests as [Request];
      const waitMs = started - oldest.since + (ran?.timings.queueMs ?? 0);
      const trace = carried && { carried, started, ended: ended ?? this.#clock.now(), error };
      this.#hooks.ended(batchEvent(rows, padTo - rows, requests.length, reason, waitMs, runMs, ran), trace);
    };
    this.#model
      .runBatch(
        requests.map(({ call }) => call),
        padTo,
        { isAdmitted: true, isCalm },
      )
      .then(
        (execution) => {
          const { runMs } = execution.timings;
          if (carried) ended = this.#clock.now();
          this.#hopeless = 0;
          this.fit.add(padTo, runMs);
          this.#checker.ran(runMs);
          const isJoint = requests.length > 1 || padTo > rows;
          // The rows of a part, too, are together because of this queue.
          const isShared = isJoint || (rows > 1 && (requests[0] as Request).isPart);
          const isChecked = isShared && !this.isAlone && this.#checker.countsAsDue() && this.#hooks.mayCheck();
          if (!isChecked && !(isJoint && this.isAlone)) {
            this.#resolve(requests, execution, started);
            finish(runMs, execution);
            return;
          }
          const done = (): void => finish(runMs, execution);
          const checked = isChecked
            ? this.#resolveChecked(requests, execution, started, padTo, isJoint)
            : this.#isolate(requests, started);
          checked.then(done, (error: unknown) => {
            warnOf(error); // a fault of ours, and none of the calls'
            this.#resolve(requests, execution, started);
            done();
          });
        },
        (error: unknown) => {
          const failed = (): void => finish(this.#clock.now() - started, undefined, error);
          if (this.#mayIsolate(requests, error)) void this.#isolate(requests, started).then(failed);
          else {
            for (const request of requests) this.#reject(request, error);
            failed();
          }
        },
      );
  }

  /**
   * Runs one call on this thread; undefined where the model does not.
   * @throws as the model's run
   */
  runHere(call: Call, { since, span }: Pick<Order, 'since' | 'span'>): Execution | undefined {
    const { rows } = call;
    if ((this.#sizeFor(rows) ?? rows) > rows) return undefined;
    const started = this.#clock.now();
    const waitMs = started - since;
    const tell = (ran: BatchExecution | undefined, runMs: number, error?: unknown): void => {
      this.#counters.closedBatch(rows, rows, 'idle');
      this.#counters.inline++;
      const trace = span && { carried: [{ span, since, rows }], started, ended: this.#clock.now(), error };
      this.#hooks.ended(batchEvent(rows, 0, 1, 'idle', waitMs, runMs, ran), trace);
    };
    let ran: BatchExecution | undefined;
    try {
      ran = this.#model.runHere?.(call);
    } catch (error) {
      this.#counters.failed++;
      tell(undefined, this.#clock.now() - started, error);
      throw error;
    }
    if (!ran) return undefined;
    const { runMs } = ran.timings;
    this.#counters.completed++;
    this.#hopeless = 0;
    this.fit.add(rows, runMs);
    this.#checker.ran(runMs);
    tell(ran, runMs);
    return { value: ran.values[0] as Value, timings: { queueMs: waitMs, runMs } };
  }

  /**
   * The answers wait for a check that can change them: what it finds wrong is run again, each request by itself.
   * @param isJoint the requests did not run by themselves
   */
  async #resolveChecked(
    requests: readonly Request[],
    execution: BatchExecution,
    started: number,
    rows: number,
    isJoint: boolean,
  ): Promise<void> {
    const wouldStop = this.#hooks.wouldStop();
    const calls = requests.map(({ call }) => call);
    const checking = this.#checker.check(calls, execution.values);
    if (!wouldStop) this.#resolve(requests, execution, started);
    const found = await checking;
    const stopped = wouldStop && found.outcome === 'differs';
    if (stopped) {
      this.isAlone = true;
      this.#hooks.stopBatching({ rows, share: found.share });
    }
    this.#hooks.checked({ rows, ...found, stopped });
    if (!wouldStop) return;
    // Another batch may have been found out meanwhile. What ran by itself is not run once more.
    if (this.isAlone && isJoint) await this.#isolate(requests, started);
    else this.#resolve(requests, execution, started);
  }

  #sizeFor(rows: number): number | undefined {
    return this.isAlone ? undefined : this.#options.allowedBatchSizes?.find((size) => size >= rows);
  }

  #mayIsolate(requests: readonly Request[], error: unknown): boolean {
    return requests.length > 1 && this.#hopeless < isolationLimit && isRowsFault(error);
  }

  /** Runs each request of a batch by itself, once: of one that failed, so that only those at fault fail. */
  async #isolate(requests: readonly Request[], started: number): Promise<void> {
    let tried = 0;
    let saved = 0;
    let fatal: unknown;
    for (const request of requests) {
      if (request.settled) continue; // timed out or aborted meanwhile
      if (fatal !== undefined) {
        this.#reject(request, fatal);
        continue;
      }
      this.#counters.isolated++;
      tried++;
      try {
        const padTo = this.#sizeFor(request.call.rows);
        this.#resolve([request], await this.#model.runBatch([request.call], padTo), started);
        saved++;
      } catch (error) {
        this.#reject(request, error);
        if (!isRowsFault(error)) fatal = error;
      }
    }
    if (saved > 0) this.#hopeless = 0;
    else if (tried > 0) this.#hopeless++;
  }

  #resolve(requests: readonly Request[], { values, timings }: BatchExecution, started: number): void {
    for (const [i, request] of requests.entries()) {
      const queueMs = started - request.since + timings.queueMs;
      const execution = { value: values[i] as Value, timings: { queueMs, runMs: timings.runMs } };
      if (request.resolve(request.pick(execution))) this.#counters.completed++;
    }
  }

  #reject(request: Request, error: unknown): void {
    if (request.reject(error)) this.#counters.failed++;
  }
}

/** @param ran undefined for a batch that failed */
function batchEvent(
  rows: number,
  paddedRows: number,
  requests: number,
  reason: CloseReason,
  waitMs: number,
  runMs: number,
  ran: BatchExecution | undefined,
): BatchEvent {
  const { gatherMs = 0, scatterMs = 0 } = ran ?? {};
  const outcome = ran ? 'ok' : 'failed';
  return { rows, paddedRows, requests, reason, waitMs, gatherMs, runMs, scatterMs, outcome };
}

/**
 * Only what the model itself raised may be the fault of single rows. Out of memory and device errors would only happen
 * again, and a misshapen output is the model's own.
 */
function isRowsFault(error: unknown): boolean {
  return hasCode(error, 'ERR_MODEL_EXECUTION');
}
