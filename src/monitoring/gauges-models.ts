import type { MetricSources, ModelSample, UpSample } from './gauges-sources.js';
import type { GaugeRow, Values } from './gauge-row.js';

const ofModel = ['model', 'version'] as const;

/** Rows of the server and of its models. */
export const modelGauges: readonly GaugeRow[] = [
  {
    name: 'node_libtorch_build_info',
    help: 'What serves, as labels: this package, Node.js, LibTorch (empty where it is not loaded), the platform. Always 1.',
    labels: ['version', 'node', 'libtorch', 'platform'],
    together: 'max',
    values: ({ build }) => (build ? [{ value: 1, labels: { ...build() } }] : []),
  },
  {
    name: 'node_libtorch_http_requests_in_flight',
    help: 'Requests begun and not yet answered.',
    labels: [],
    values: ({ inFlight }) => (inFlight ? [{ value: inFlight() }] : []),
  },
  {
    name: 'node_libtorch_memory_limit_bytes',
    help: 'Memory that all processes of the server together may use: the limit of its control group, or what the machine has.',
    labels: [],
    together: 'max',
    values: ({ memoryLimit }) => (memoryLimit ? [{ value: memoryLimit() }] : []),
  },
  {
    name: 'node_libtorch_workers',
    help: 'Processes that answer requests.',
    labels: [],
    together: 'max',
    values: ({ workers }) => (workers ? [{ value: workers().running }] : []),
  },
  {
    name: 'node_libtorch_worker_restarts_total',
    type: 'counter',
    help: 'Worker processes that were started in place of one that had ended or had hung.',
    labels: [],
    together: 'max',
    values: ({ workers }) => (workers ? [{ value: workers().restarts }] : []),
  },
  {
    name: 'node_libtorch_model_ready',
    help: 'Whether calls of a version are answered now: 1, or 0. One that was to be served and could not be loaded is 0.',
    labels: ofModel,
    together: 'min',
    values: ofModels(({ ready }) => Number(ready)),
  },
  {
    name: 'node_libtorch_model_stuck',
    help: 'Whether every instance of a version has been in one run for longer than stuckAfterMs: 1, or 0.',
    labels: ofModel,
    together: 'max',
    values: ofModels(({ stuck }) => Number(stuck)),
  },
  {
    name: 'node_libtorch_model_quarantined',
    help: 'Versions whose loads are refused, since they failed too often. Always 1.',
    labels: ofModel,
    together: 'max',
    *values({ quarantine }) {
      for (const { model, version } of quarantine?.() ?? []) yield { value: 1, labels: { model, version } };
    },
  },
  {
    name: 'node_libtorch_model_info',
    help: 'What a version is, as labels: the digest of its artifact, what runs it, where, in which precision. Always 1.',
    labels: [...ofModel, 'digest', 'engine', 'device', 'precision'],
    together: 'max',
    values: ofUp(({ sha256, engine, device, precision }) => [
      { value: 1, labels: { digest: `sha256:${sha256}`, engine, device, precision } },
    ]),
  },
  {
    name: 'node_libtorch_model_alias_info',
    help: 'Which version an alias of a model means. Always 1.',
    labels: [...ofModel, 'alias'],
    together: 'max',
    values: ofUp(({ aliases }) => aliases.map((alias) => ({ value: 1, labels: { alias } }))),
  },
  {
    name: 'node_libtorch_model_instances',
    help: 'Runs of a version that can be under way at one time.',
    labels: ofModel,
    values: ofUp(({ instances }) => [{ value: instances }]),
  },
  {
    name: 'node_libtorch_model_parameters_bytes',
    help: 'Memory of the parameters and buffers of a version once loaded, without what its runs need.',
    labels: ofModel,
    values: ofUp(({ parameterBytes }) => [{ value: parameterBytes }]),
  },
  {
    name: 'node_libtorch_model_artifact_bytes',
    help: 'Size of the artifact of a version.',
    labels: ofModel,
    together: 'max',
    values: ofUp(({ artifactBytes }) => [{ value: artifactBytes }]),
  },
  {
    name: 'node_libtorch_model_load_duration_seconds',
    help: 'Time that the last load of a version took, its checks and its warm-up included.',
    labels: ofModel,
    together: 'max',
    values: ofUp(({ loadMs }) => (loadMs === undefined ? [] : [{ value: loadMs / 1000 }])),
  },
  {
    name: 'node_libtorch_model_test_accuracy_ratio',
    help: 'Accuracy on its test data, as the record of a version says it.',
    labels: ofModel,
    together: 'max',
    values: ofUp(({ testAccuracy }) => (testAccuracy === undefined ? [] : [{ value: testAccuracy }])),
  },
  {
    name: 'node_libtorch_batch_queue_rows',
    help: 'Rows waiting for a batch.',
    labels: ofModel,
    values: ofQueues(({ waitingRows }) => waitingRows),
  },
  {
    name: 'node_libtorch_batch_queue_calls',
    help: 'Calls waiting for a batch.',
    labels: ofModel,
    values: ofQueues(({ waitingRequests }) => waitingRequests),
  },
  {
    name: 'node_libtorch_batch_queue_bytes',
    help: 'Bytes of the inputs that wait for a batch.',
    labels: ofModel,
    values: ofQueues(({ waitingBytes }) => waitingBytes),
  },
  {
    name: 'node_libtorch_batch_queue_limit_rows',
    help: 'Rows that may wait for a batch: further calls are refused.',
    labels: ofModel,
    values: ofQueues(({ maxRows }) => maxRows),
  },
  {
    name: 'node_libtorch_batch_queue_capacity_rows',
    help: 'Rows a batch takes at present: maxBatchSize, or less for the latency objective.',
    labels: ofModel,
    together: 'average',
    values: ofQueues(({ batchCapacity }) => batchCapacity),
  },
  {
    name: 'node_libtorch_batch_latency_objective_seconds',
    help: 'targetP95Ms of a model: the objective for the 95th percentile of the time of its calls.',
    labels: ofModel,
    together: 'max',
    values: ofUp(({ targetP95Ms }) => (targetP95Ms === undefined ? [] : [{ value: targetP95Ms / 1000 }])),
  },
  {
    name: 'node_libtorch_batch_fit_row_seconds',
    help: 'Time a row adds to a batch, as fitted.',
    labels: ofModel,
    together: 'average',
    values: ofQueues(({ fit }) => fit && fit.a / 1000),
  },
  {
    name: 'node_libtorch_batch_fit_base_seconds',
    help: 'Time a batch takes beside its rows, as fitted.',
    labels: ofModel,
    together: 'average',
    values: ofQueues(({ fit }) => fit && fit.b / 1000),
  },
  {
    name: 'node_libtorch_inference_runs_in_flight',
    help: 'Runs that have begun and not ended, one for each busy instance.',
    labels: ofModel,
    values: ofUp(({ busy }) => (busy ? [{ value: busy.running }] : [])),
  },
  {
    name: 'node_libtorch_inference_oldest_run_seconds',
    help: 'Time since the oldest run that has not ended began; 0 without one. Nothing can stop a run.',
    labels: ofModel,
    together: 'max',
    values: ofUp(({ busy }) => (busy ? [{ value: busy.oldestMs / 1000 }] : [])),
  },
  {
    name: 'node_libtorch_inference_inline_runs_total',
    type: 'counter',
    help: 'Runs of a version on the thread of the event loop: their calls came one by one and are known to be short.',
    labels: ofModel,
    values: ofUp(({ inline }) => (inline ? [{ value: inline.runs }] : [])),
  },
  {
    name: 'node_libtorch_inference_inline_slow_runs_total',
    type: 'counter',
    help: 'Runs on the thread of the event loop that took too long. After each there is none for a while.',
    labels: ofModel,
    values: ofUp(({ inline }) => (inline ? [{ value: inline.slow }] : [])),
  },
];

function ofModels(valueOf: (sample: ModelSample) => number): GaugeRow['values'] {
  return function* ({ models }: MetricSources): Values {
    for (const sample of models?.() ?? []) {
      yield { value: valueOf(sample), labels: { model: sample.model, version: sample.version } };
    }
  };
}

/** Values of each version that is up, with further labels. */
function ofUp(valuesOf: (up: UpSample) => Values): GaugeRow['values'] {
  return function* ({ models }: MetricSources): Values {
    for (const { model, version, up } of models?.() ?? []) {
      if (!up) continue;
      for (const { value, labels } of valuesOf(up)) yield { value, labels: { model, version, ...labels } };
    }
  };
}

/** A value of each queue; none where it is not known. */
function ofQueues(valueOf: (queue: NonNullable<UpSample['queue']>) => number | undefined): GaugeRow['values'] {
  return ofUp(({ queue }) => {
    const value = queue && valueOf(queue);
    return value === undefined ? [] : [{ value }];
  });
}
