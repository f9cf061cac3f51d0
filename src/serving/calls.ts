/** Small questions about one call of a served model. */
import { types } from 'node:util';
import type { QueueRunOptions, RowCheckEvent } from '../batching/index.js';
import { TorchError, torchError, type ErrorCode } from '../errors.js';
import type { EncodedInput, EncodeOptions } from '../tasks/kinds/kind.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';

/** What the host says of a row that came out otherwise by itself. @param why requests are not batched any more */
export function rowWarning({ outcome, rows, share, stopped }: RowCheckEvent, why: string | undefined): string {
  if (stopped && why !== undefined) return `requests are not batched any more: ${why}`;
  const by = share < Infinity ? ` by ${Number((share * 100).toPrecision(2))} % of its size` : '';
  const cause = outcome === 'random' ? 'two equal runs differ, too' : 'rows depend on each other, and batching goes on';
  return `a row of a batch of ${rows} rows came out otherwise by itself${by}: ${cause}`;
}

/** Dimension 0 of the first tensor; 1 without one. */
export function rowsOf(args: Arguments): number {
  const tensor = Object.values<Value | undefined>(args).find((value) => value instanceof Tensor);
  return tensor?.shape[0] ?? 1;
}

/** How a call ended that threw. */
export function outcomeOf(error: unknown, signal: AbortSignal | undefined): 'aborted' | ErrorCode {
  if (signal?.aborted && error === signal.reason) return 'aborted';
  return error instanceof TorchError ? error.code : 'ERR_INTERNAL';
}

/** Images, and no tensor. */
export function isEncoded(input: unknown): input is EncodedInput {
  if (types.isUint8Array(input)) return true;
  return Array.isArray(input) && input.length > 0 && input.every((item) => types.isUint8Array(item));
}

/** What of a call's limits holds for its images too. What is no time at all is refused by the run. */
export function limitsOfEncoding({ signal, timeoutMs }: QueueRunOptions): Pick<EncodeOptions, 'signal' | 'timeoutMs'> {
  return { signal, ...(typeof timeoutMs === 'number' && timeoutMs > 0 && { timeoutMs }) };
}

/** The time limit counts from the call, so encoding is taken off it. */
export function withTimeLeft(options: QueueRunOptions, started: number): QueueRunOptions {
  const { timeoutMs } = options;
  if (typeof timeoutMs !== 'number') return options;
  const left = timeoutMs - (performance.now() - started);
  if (timeoutMs > 0 && left <= 0) throw torchError('ERR_TIMEOUT', `Expected an answer within ${timeoutMs} ms`);
  // eslint-disable-next-line no-restricted-syntax -- of images, whose decoding takes milliseconds
  return { ...options, timeoutMs: Math.min(timeoutMs, left) };
}
