import type { HostEvents, ModelHost } from '../serving/index.js';
import type { NumberParser } from '../protocol/json/elements.js';

type Used = 'state' | 'defaultModel' | 'model' | 'list' | 'index' | 'failed' | 'deviceFailures';

/** The part of a ModelHost that the server uses. */
export interface InferenceHost extends Pick<ModelHost, Used>, NumberParser {
  /** Memory that a run reads in place; undefined where there is none. A host without it gives plain buffers. */
  allocateTensor?(bytes: number): ArrayBuffer | undefined;
  on<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this;
  off<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this;
}
