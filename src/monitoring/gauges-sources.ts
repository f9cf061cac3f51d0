/** What the metrics are read from, at the moment somebody asks for them. */
import type { MonitoringReport } from './report.js';

/** One value with its labels, by their names. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A version that is served, or was to be. Times are milliseconds. */
export interface ModelSample {
  readonly model: string;
  readonly version: string;
  /** Whether calls of it are answered now. */
  readonly ready: boolean;
  /** Every instance has been in one run for too long. */
  readonly stuck: boolean;
  /** Of one that is up. */
  readonly up?: UpSample;
}

export interface UpSample {
  /** Of the artifact: 64 hex digits. */
  readonly sha256: string;
  readonly engine: string;
  readonly device: string;
  readonly precision: string;
  readonly instances: number;
  readonly parameterBytes: number;
  readonly artifactBytes: number;
  readonly aliases: readonly string[];
  /** Of the last load, warm-up included. */
  readonly loadMs?: number | undefined;
  /** Of its record's test data. */
  readonly testAccuracy?: number | undefined;
  /** What its queue keeps the 95th percentile of the time of a call under, where it is set. */
  readonly targetP95Ms?: number | undefined;
  /** Of a model that batches. */
  readonly queue?: QueueSample | undefined;
  readonly busy?: BusySample | undefined;
  readonly inline?: InlineSample | undefined;
}

/** The state of a model's queue. Times are milliseconds. */
export interface QueueSample {
  readonly waitingRows: number;
  readonly waitingRequests: number;
  readonly waitingBytes: number;
  /** Rows that may wait. */
  readonly maxRows: number;
  readonly batchCapacity: number;
  readonly fit: { readonly a: number; readonly b: number } | undefined;
}

/** What a model runs just now. Times are milliseconds. */
interface BusySample {
  /** Runs that have begun and not ended. */
  readonly running: number;
  /** Time since the oldest of them began; 0 without one. */
  readonly oldestMs: number;
}

/** Runs of a version on the thread of the event loop, since it was loaded first. */
interface InlineSample {
  readonly runs: number;
  /** Of those, the ones that took too long. */
  readonly slow: number;
}

/** A version that is refused after loads that failed. */
interface QuarantineSample {
  readonly model: string;
  readonly version: string;
}

/** What serves: its versions are labels of one series that is 1. */
interface BuildSample {
  readonly version: string;
  readonly node: string;
  /** Empty where LibTorch is not loaded. */
  readonly libtorch: string;
  readonly platform: string;
}

/** A source that is not there has nothing to tell. Each is a function, called when the metrics are read. */
export interface MetricSources {
  build?: () => BuildSample;
  /** Requests begun and not yet answered. */
  inFlight?: () => number;
  /** Bytes that the process, with all others of its control group, may use. */
  memoryLimit?: () => number;
  models?: () => readonly ModelSample[];
  quarantine?: () => readonly QuarantineSample[];
  /** Processes that answer requests, and those that were started in place of others. One process says 1 and 0. */
  workers?: () => { readonly running: number; readonly restarts: number };
  /** What monitoring says of each version. */
  monitoring?: () => readonly MonitoringReport[];
  /** Windows that have closed, since the start. Labels: model, version, level. */
  driftWindows?: () => readonly Sample[];
  /** Shares of the canaries that are under way. Labels: model, version. */
  canaryShares?: () => readonly Sample[];
  /** Calls that canaries have answered, since the start. Labels: model, version, outcome. */
  canaryRequests?: () => readonly Sample[];
  /** Canaries that were rolled back, since the start. Labels: model, reason. */
  canaryRollbacks?: () => readonly Sample[];
}
