/** The runs of an admission. */
import type { BoundArguments } from '../../signature/bind.js';
import { exampleArguments, exampleSpecs } from '../../signature/example.js';
import { repeatRows, rowCount } from '../../tensor/rows.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';
import type { Model, WarmupReport } from '../../model/model.js';
import { firstLine, isFatal } from '../../model/refusal.js';
import { warmUp, type InternalWarmupOptions, type Warmable } from '../../model/warmup.js';
import { peakMemory } from './memory-watch.js';
import type { RunReport, RunRequest } from './messages.js';
import { SeenOutputs } from './seen.js';
import { isSame, reversed, stretched, zeroed } from './variants.js';
import { fromWire } from './wire.js';

/** Of one size. */
const mostRuns = 30;
const leastRuns = 3;
const latencyMs = 1000;

/** Every loaded model has what a warm-up needs. */
const warmable = (model: Model): Warmable => model as unknown as Warmable;

/**
 * Runs a model on an example of its own or one that was given, and says what showed.
 * @throws what the model said of an example that was given, and what ends all runs
 */
export async function measure(model: Model, { example: wire, batchSizes, budgetMs }: RunRequest): Promise<RunReport> {
  const example = wire && (fromWire(wire) as InternalWarmupOptions['example']);
  try {
    const warm = await warmed(
      model,
      { batchSizes, mayDropSizes: true, ...(example !== undefined && { example }) },
      budgetMs,
    );
    return await new Runs(warmable(model), warm).report();
  } catch (error) {
    if (example !== undefined || isFatal(error)) throw error;
    return { refused: firstLine(error), batchSizes: [], latency: [], inputs: [], peakBytes: await peakMemory() };
  }
}

interface Warm {
  readonly example: BoundArguments;
  readonly batchSizes: readonly number[];
  /** Undefined where it took too long. */
  readonly report: WarmupReport | undefined;
}

/** A model that is slow is still a good one: the question of its rows takes dozens of runs, and is given up then. */
async function warmed(model: Model, options: InternalWarmupOptions, budgetMs: number): Promise<Warm> {
  const subject = warmable(model);
  const budget = AbortSignal.timeout(budgetMs);
  try {
    const { report, example } = await warmUp(subject, { ...options, signal: budget });
    return { example, report, batchSizes: report.batchSizes };
  } catch (error) {
    if (!budget.aborted) throw error;
    const made = options.example ?? exampleArguments(exampleSpecs(model.signature) ?? [], 1);
    const example = subject.bindForward(subject.argumentsOf(made));
    return { example, report: undefined, batchSizes: [rowCount(example) ?? 1] };
  }
}

class Runs {
  readonly #model: Warmable;
  readonly #warm: Warm;
  readonly #seen = new SeenOutputs();

  constructor(model: Warmable, warm: Warm) {
    this.#model = model;
    this.#warm = warm;
  }

  async report(): Promise<RunReport> {
    const { report, batchSizes, example } = this.#warm;
    const sizes = [...new Set([Math.min(...batchSizes), Math.max(...batchSizes)])];
    const latency = [];
    for (const rows of sizes) latency.push(await this.#latency(rows));
    const deterministic = this.#model.info.stateful ? undefined : await this.#isDeterministic();
    // A model that keeps state answers what it was asked before.
    if (!this.#model.info.stateful) await this.#lookAtOthers();
    const isFree = sizes.length > 1;
    return {
      rows: verdictOf(report),
      batchSizes,
      ...(report && { random: report.random || this.#model.info.random }),
      ...(deterministic !== undefined && { deterministic }),
      latency,
      inputs: example.map((value) => (value instanceof Tensor ? inputOf(value, isFree) : undefined)),
      outputs: this.#seen.all,
      peakBytes: await peakMemory(),
    };
  }

  async #run(args: BoundArguments): Promise<{ value: Value; runMs: number }> {
    const { value, timings } = await this.#model.runBound(args, {}, {});
    this.#seen.add(value);
    return { value, runMs: timings.runMs };
  }

  /** As `#run`, of inputs that nobody said the model takes. */
  async #try(args: BoundArguments | undefined): Promise<boolean> {
    if (!args) return false;
    try {
      await this.#run(args);
      return true;
    } catch (error) {
      if (isFatal(error)) throw error;
      return false;
    }
  }

  async #latency(rows: number): Promise<RunReport['latency'][number]> {
    const args = repeatRows(this.#warm.example, rows);
    const times: number[] = [];
    const began = performance.now();
    while (times.length < leastRuns || (times.length < mostRuns && performance.now() - began < latencyMs)) {
      times.push((await this.#run(args)).runMs);
    }
    times.sort((a, b) => a - b);
    return { rows, runs: times.length, median: quantile(times, 0.5), p95: quantile(times, 0.95) };
  }

  /** Equal runs, one right after the other and one after a run on something else. */
  async #isDeterministic(): Promise<boolean> {
    const { example } = this.#warm;
    const { value: first } = await this.#run(example);
    const { value: second } = await this.#run(example);
    await this.#try(reversed(example));
    const { value: third } = await this.#run(example);
    return isSame(first, second) && isSame(first, third);
  }

  /** Runs whose outputs may have other sizes. */
  async #lookAtOthers(): Promise<void> {
    const { example } = this.#warm;
    const specs = this.#model.forwardSpecs;
    await this.#try(zeroed(example, this.#model.survivesZero));
    // One that takes no more by one, as for pictures whose sides are divided by 32, may take twice as many.
    const isTaken = await this.#try(stretched(example, specs, (size) => size + 1));
    if (!isTaken) await this.#try(stretched(example, specs, (size) => size * 2));
  }
}

function inputOf({ dtype, shape }: Tensor, isFree: boolean): RunReport['inputs'][number] {
  return { dtype, shape: shape.map((size, axis) => (axis === 0 && isFree ? null : size)) };
}

function verdictOf(report: WarmupReport | undefined): NonNullable<RunReport['rows']> {
  if (!report) return { verdict: 'unknown', reason: 'its runs take so long that rows were not compared' };
  const { rowIndependent, rowIndependence: reason } = report;
  if (rowIndependent === undefined) return { verdict: 'unknown', reason };
  return { verdict: rowIndependent ? 'independent' : 'dependent', reason };
}

/** Of sorted times, in whole microseconds. */
function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return Math.round(value * 1000) / 1000;
}
