import type { Canaries } from '../serving/canary/canaries.js';
import type { HostEvents, ModelHost } from '../serving/index.js';
import type { NumberParser } from '../protocol/json/elements.js';

type Used = 'state' | 'defaultModel' | 'model' | 'list' | 'index' | 'failed' | 'deviceFailures';
type ParseNumbers = NonNullable<NumberParser['parseNumbers']>;

/** The part of a ModelHost that the server uses. */
export interface InferenceHost extends Pick<ModelHost, Used> {
  /** Memory that a run reads in place; undefined where there is none. A host without it gives plain buffers. */
  allocateTensor?(bytes: number): ArrayBuffer | undefined;
  /** Reads the numbers of a JSON text natively. @internal */
  readonly parseNumbers?: ParseNumbers;
  /** Canary releases, for metrics. @internal */
  readonly canaries?: Pick<Canaries, 'reports' | 'tallies'> | undefined;
  /** Versions that are refused after loads that failed; a host without it refuses none. */
  quarantine?(): readonly { readonly model: string; readonly version: string }[];
  on<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this;
  off<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this;
}
