import type { RunTimings } from '../async/clock.js';
import type { InlineStats } from '../model/inline-runs.js';

/** How often something happened and how long it took in all. */
export interface DurationStatistics {
  readonly count: number;
  /** Nanoseconds. */
  readonly ns: number;
}

/** Runs of one number of rows. */
export interface BatchStatistics {
  /** Without padding. Beyond so many different numbers they are rounded up to powers of two. */
  readonly batch_size: number;
  /** Putting the rows of the calls together, or checking the one call's arguments. */
  readonly compute_input: DurationStatistics;
  readonly compute_infer: DurationStatistics;
  /** Giving each call its own rows, or making the one call's answer. */
  readonly compute_output: DurationStatistics;
}

/**
 * What a served model has done, with the names of the Open Inference Protocol. It goes on over a reload of the same version,
 * and ends with its unload.
 */
export interface ServedStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch, of the last call that ended well; 0 before the first. */
  readonly last_inference: number;
  /** Rows of the calls that ended well. */
  readonly inference_count: number;
  /** Runs that ended well: one for each batch, or for each call by itself. */
  readonly execution_count: number;
  readonly inference_stats: {
    /** Calls that ended well, from the call to its answer. */
    readonly success: DurationStatistics;
    /** Calls that ended otherwise, aborted ones included. One whose elements were refused is none: nothing has run. */
    readonly fail: DurationStatistics;
    /** The waiting of the calls that ended well. */
    readonly queue: DurationStatistics;
    /** The checks and copies of their arguments, and the decoding of images. */
    readonly compute_input: DurationStatistics;
    /** Their runs; of calls that share a run, each has the whole of it. */
    readonly compute_infer: DurationStatistics;
    /** What is left: the way back to the event loop, the parts of a batch, the answer of the task. */
    readonly compute_output: DurationStatistics;
    /** There is no cache. */
    readonly cache_hit: DurationStatistics;
    readonly cache_miss: DurationStatistics;
  };
  /** Of models with many answers to a call; there are none. */
  readonly response_stats: Readonly<Record<string, never>>;
  readonly batch_stats: readonly BatchStatistics[];
  /** Parameters and buffers by the device that holds them. */
  readonly memory_usage: readonly { readonly type: 'CPU' | 'GPU'; readonly id: number; readonly byte_size: number }[];
}

/** Runs on the thread of the event loop; see `LoadOptions.runInline`. */
export type InlineCount = Pick<InlineStats, 'runs' | 'slow'>;

/** Different numbers of rows that are counted as they are. */
const mostSizes = 128;

class Duration {
  count = 0;
  ms = 0;

  add(ms: number): void {
    this.count++;
    this.ms += ms;
  }

  get total(): DurationStatistics {
    return { count: this.count, ns: Math.round(this.ms * 1e6) };
  }
}

/** The counters behind `ServedModel.statistics`: adding to them makes no objects. */
export class Statistics {
  readonly #success = new Duration();
  readonly #fail = new Duration();
  readonly #queue = new Duration();
  readonly #input = new Duration();
  readonly #infer = new Duration();
  readonly #output = new Duration();
  readonly #sizes = new Map<number, { input: Duration; infer: Duration; output: Duration }>();
  #last = 0;
  #rows = 0;
  #executions = 0;
  #inlineBefore: InlineCount = { runs: 0, slow: 0 };

  /**
   * A call ended well. Its parts make up the whole.
   * @param inputMs from its beginning until it was handed on, where it may have begun to wait already
   * @param totalMs from its beginning until its answer
   * @param isAlone it shared its run with no other
   */
  succeeded(rows: number, inputMs: number, { queueMs, runMs }: RunTimings, totalMs: number, isAlone: boolean): void {
    const rest = Math.max(0, totalMs - queueMs - runMs);
    const input = Math.min(inputMs, rest);
    this.#last = Date.now();
    this.#rows += rows;
    this.#success.add(totalMs);
    this.#queue.add(queueMs);
    this.#input.add(input);
    this.#infer.add(runMs);
    this.#output.add(rest - input);
    if (isAlone) this.ran(rows, input, runMs, rest - input);
  }

  failed(totalMs: number): void {
    this.#fail.add(totalMs);
  }

  /** A run of so many rows ended well. */
  ran(rows: number, inputMs: number, runMs: number, outputMs: number): void {
    this.#executions++;
    const isKnown = this.#sizes.has(rows) || this.#sizes.size < mostSizes;
    const size = isKnown ? rows : 2 ** Math.ceil(Math.log2(Math.max(1, rows)));
    let counts = this.#sizes.get(size);
    if (!counts) {
      counts = { input: new Duration(), infer: new Duration(), output: new Duration() };
      this.#sizes.set(size, counts);
    }
    counts.input.add(inputMs);
    counts.infer.add(runMs);
    counts.output.add(outputMs);
  }

  /** What a model counts, with what those had counted whose place it has taken. */
  inlineWith({ runs, slow }: InlineCount): InlineCount {
    return { runs: this.#inlineBefore.runs + runs, slow: this.#inlineBefore.slow + slow };
  }

  /** A model has been replaced: what it counted stays. */
  keepInline(counted: InlineCount): void {
    this.#inlineBefore = this.inlineWith(counted);
  }

  snapshot(): Omit<ServedStatistics, 'name' | 'version' | 'memory_usage'> {
    const sizes = [...this.#sizes].sort(([a], [b]) => a - b);
    return {
      last_inference: this.#last,
      inference_count: this.#rows,
      execution_count: this.#executions,
      inference_stats: {
        success: this.#success.total,
        fail: this.#fail.total,
        queue: this.#queue.total,
        compute_input: this.#input.total,
        compute_infer: this.#infer.total,
        compute_output: this.#output.total,
        cache_hit: none,
        cache_miss: none,
      },
      response_stats: {},
      batch_stats: sizes.map(([rows, { input, infer, output }]) => ({
        batch_size: rows,
        compute_input: input.total,
        compute_infer: infer.total,
        compute_output: output.total,
      })),
    };
  }
}

const none: DurationStatistics = { count: 0, ns: 0 };
