import type { ModelHost } from '../serving/index.js';
import type { NumberParser } from './codec/plain-request.js';

/** The part of a ModelHost that the server uses. */
export type InferenceHost = Pick<
  ModelHost,
  'state' | 'defaultModel' | 'model' | 'list' | 'index' | 'failed' | 'deviceFailures' | 'on' | 'off'
> &
  NumberParser;
