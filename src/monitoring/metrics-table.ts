import type { MetricsSnapshot } from './aggregate.js';

/** One counter or histogram that is added to as things happen. */
export interface CountedRow {
  readonly type: 'counter' | 'histogram';
  /** With the prefix of all of ours. A counter ends with `_total`, everything else with a base unit. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Of a histogram: its upper bounds, ascending. */
  readonly buckets?: readonly number[];
}

const requestSeconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const inferenceSeconds = [0.00001, 0.000025, 0.00005, ...requestSeconds];
const copySeconds = inferenceSeconds.filter((bound) => bound <= 0.1);
const ofModel = ['model', 'version'] as const;

/**
 * THE TABLE of what is counted as it happens: over several workers each is the sum of theirs, and what workers that have
 * ended had counted stays in it. What is read when somebody asks is in the table of `gauges.ts`.
 */
export const counted = {
  requests: {
    type: 'histogram',
    name: 'node_libtorch_http_request_duration_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labels: ['route', 'method', 'status'],
    buckets: requestSeconds,
  },
  rejections: {
    type: 'counter',
    name: 'node_libtorch_http_requests_rejected_total',
    help: 'Requests answered with an error, by its code.',
    labels: ['code'],
  },
  dropped: {
    type: 'counter',
    name: 'node_libtorch_http_connections_dropped_total',
    help: 'Connections closed unserved: maxConnections were open, or no file descriptors were left.',
    labels: [],
  },
  acceptErrors: {
    type: 'counter',
    name: 'node_libtorch_http_accept_errors_total',
    help: 'Errors of the system when connections were accepted.',
    labels: [],
  },
  calls: {
    type: 'counter',
    name: 'node_libtorch_inference_calls_total',
    help: 'Calls of a model that have ended, by their outcome: ok, aborted or the code of the error.',
    labels: [...ofModel, 'outcome'],
  },
  rows: {
    type: 'counter',
    name: 'node_libtorch_inference_rows_total',
    help: 'Rows whose run ended, by its outcome. What was refused, aborted or late is not in it: it need not have run.',
    labels: [...ofModel, 'outcome'],
  },
  total: {
    type: 'histogram',
    name: 'node_libtorch_inference_total_duration_seconds',
    help: 'Time from a call of a model to its answer, of calls that ended well: checks, wait, run and the making of the answer.',
    labels: ofModel,
    buckets: inferenceSeconds,
  },
  queue: {
    type: 'histogram',
    name: 'node_libtorch_inference_queue_duration_seconds',
    help: 'Time from submission of a run until a worker took it.',
    labels: ofModel,
    buckets: inferenceSeconds,
  },
  inference: {
    type: 'histogram',
    name: 'node_libtorch_inference_duration_seconds',
    help: 'Time inside the engine, of the batch that carried the request.',
    labels: ofModel,
    buckets: inferenceSeconds,
  },
  assembly: {
    type: 'histogram',
    name: 'node_libtorch_batch_assembly_duration_seconds',
    help: 'Time to put the rows of the calls of a batch together.',
    labels: ofModel,
    buckets: copySeconds,
  },
  scatter: {
    type: 'histogram',
    name: 'node_libtorch_batch_scatter_duration_seconds',
    help: 'Time to give each call of a batch its own rows of the result.',
    labels: ofModel,
    buckets: copySeconds,
  },
  batchRows: {
    type: 'histogram',
    name: 'node_libtorch_batch_rows',
    help: 'Rows of a batch, without padding.',
    labels: ofModel,
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  },
  batchCalls: {
    type: 'histogram',
    name: 'node_libtorch_batch_calls',
    help: 'Calls that shared a batch.',
    labels: ofModel,
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  },
  padding: {
    type: 'counter',
    name: 'node_libtorch_batch_padded_rows_total',
    help: 'Rows of padding, run to reach an allowed batch size.',
    labels: ofModel,
  },
  closed: {
    type: 'counter',
    name: 'node_libtorch_batches_total',
    help: 'Batches run, by why they were closed.',
    labels: [...ofModel, 'reason'],
  },
  rowChecks: {
    type: 'counter',
    name: 'node_libtorch_batch_row_checks_total',
    help: 'Rows of batches run again by themselves, by what came of it.',
    labels: [...ofModel, 'outcome'],
  },
  loads: {
    type: 'counter',
    name: 'node_libtorch_model_loads_total',
    help: 'Loads of a model that went well, those that replaced another of its version included.',
    labels: ['model'],
  },
  failedLoads: {
    type: 'counter',
    name: 'node_libtorch_model_load_failures_total',
    help: 'Loads of a model that failed or were refused, by the code of the reason. What served before goes on.',
    labels: ['model', 'code'],
  },
  feedback: {
    type: 'counter',
    name: 'node_libtorch_feedback_total',
    help: 'Labels that came back for answered requests, by what became of them: accepted, or the code of the error.',
    labels: [...ofModel, 'outcome'],
  },
} as const satisfies Readonly<Record<string, CountedRow>>;

export type CountedName = keyof typeof counted;

/** One of them without labels as a value, for a process that counts it and has no server. */
export function countOf(row: 'dropped' | 'acceptErrors', value: number): MetricsSnapshot[number] {
  const { name, help, type } = counted[row];
  return { ...{ name, help, type, aggregator: 'sum' }, ...{ values: [{ value, labels: {} }] } };
}
