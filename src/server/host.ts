import type { HostEvents, ModelHost } from '../serving/index.js';
import type { NumberParser } from './codec/plain-request.js';

type Used = 'state' | 'defaultModel' | 'model' | 'list' | 'index' | 'failed' | 'deviceFailures';

/** The part of a ModelHost that the server uses. */
export interface InferenceHost extends Pick<ModelHost, Used>, Partial<Pick<ModelHost, 'allocateTensor'>>, NumberParser {
  on<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this;
  off<K extends keyof HostEvents>(event: K, listener: (...args: HostEvents[K]) => void): this;
}
