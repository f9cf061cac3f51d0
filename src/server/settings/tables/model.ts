/** Each model's own settings: how it is loaded, what it means, and how its requests are put together. docs/settings.md */
import { engineNames } from '../../../engines/index.js';
import { presetNames } from '../../../tasks/image/spec.js';
import { taskKinds } from '../../../tasks/kinds/index.js';
import {
  choice,
  files,
  integer,
  optionalDirectory,
  optionalFile,
  optionalInteger,
  optionalIntegers,
  ofEachModel,
  text,
} from '../setting.js';

/** Of the settings task and imagePreset: a model file means nothing of itself. */
export const noTask = 'none';
export const noPreset = 'none';

const day = 86_400_000;

/** What an entry of `models` may set for its model alone. */
export const modelRows = ofEachModel({
  engine: choice({
    options: ['auto', ...engineNames],
    initial: 'auto',
    description: 'What runs a model file; auto tells by its extension or its content. A record names its own.',
  }),
  device: text({
    pattern: /^(auto|cpu|cuda(:[0-9]{1,2})?)$/,
    values: 'auto, cpu, cuda or cuda:N',
    initial: 'auto',
    description: 'Where the model runs.',
  }),
  precision: choice({
    options: ['auto', 'fp32', 'fp16', 'bf16'],
    initial: 'auto',
    description: "Number format of the weights; auto keeps the artifact's own.",
  }),
  operatorLibraries: files({
    flag: 'operator-library',
    description: 'Libraries of custom operators, opened before the model.',
  }),
  externalDataRoot: optionalDirectory({
    initialText: 'none, links are refused',
    description: 'ONNX: folder that symbolic links among the files of weights may lead into.',
  }),
  optimize: choice({
    options: ['none', 'freeze', 'inference'],
    initial: 'freeze',
    description: 'Graph optimisation at load.',
  }),
  autograd: choice({
    options: ['auto', 'on', 'off'],
    initial: 'auto',
    description: 'Gradient mode while a TorchScript model runs; auto is on where its graph takes gradients.',
  }),
  runInline: choice({
    options: ['on', 'off'],
    initial: 'on',
    description: 'Runs that are known to be short, on the thread of the event loop while the model is idle.',
  }),
  task: choice({
    options: [noTask, ...taskKinds.map(({ type }) => type)],
    initial: noTask,
    description: 'What the outputs of a model file mean: POST /predict answers by it. A record says it itself.',
  }),
  taskFile: optionalFile({
    initialText: 'none',
    description: 'A JSON file with a task as a record has it, where more is to be said than its type.',
  }),
  labels: optionalFile({
    initialText: 'the numbers of the classes',
    description:
      'Labels of the classes of task: a line each, a JSON array, or an object by index (index_to_name.json).',
  }),
  imagePreset: choice({
    options: [noPreset, ...presetNames],
    initial: noPreset,
    description: 'How images become the input of a model file with a task; taskFile can say more.',
  }),
  instances: integer({ min: 1, max: 256, initial: 1, description: 'Runs of the model at the same time.' }),
  maxPending: integer({
    min: 0,
    max: 1_000_000,
    initial: 1024,
    description: 'Without batching: runs waiting for an instance; one more is answered 429.',
  }),
  warmupBatchSizes: optionalIntegers({
    min: 1,
    max: 1024,
    initialText: 'those batches have',
    description: 'Batch sizes run before the server reports ready.',
  }),
  warmupExample: files({
    description: 'Inputs to warm up with, one file for each argument, as run --input reads them.',
  }),
  warmup: choice({
    options: ['on', 'off'],
    initial: 'on',
    description: 'Runs before the server reports ready; off (or --no-warmup): none, so no batching.',
  }),
  // Batching of concurrent requests.
  batching: choice({
    options: ['on', 'off'],
    initial: 'on',
    description: 'Requests that arrive while the model is busy share its next run.',
  }),
  maxBatchSize: integer({ min: 1, max: 1024, initial: 32, description: 'Rows of a batch; a larger request is split.' }),
  maxDelayMs: integer({
    min: 0,
    max: 60_000,
    initial: 0,
    description: 'How long a request may be held back for others to join it, in milliseconds.',
  }),
  allowedBatchSizes: optionalIntegers({
    min: 1,
    max: 1024,
    initialText: 'any; on CUDA powers of two',
    description: 'Batches are padded up to one of these; the largest is maxBatchSize.',
  }),
  maxQueueSize: integer({
    min: 1,
    max: 10_000_000,
    initial: 1024,
    description: 'Rows waiting for a batch; more are answered 429. One request may have no more of them.',
  }),
  maxQueueBytes: integer({
    min: 1024,
    max: 2 ** 40,
    initial: 256 * 2 ** 20,
    description:
      'Bytes of inputs waiting for a batch; more are answered 429, a request that has more of them by itself 413.',
  }),
  maxWaitMs: optionalInteger({
    min: 1,
    max: day,
    initialText: 'none',
    description:
      'How long a request may be expected to wait for its batch, in milliseconds, by the measured run times; others are answered 429.',
  }),
  targetP95Ms: optionalInteger({
    min: 1,
    max: day,
    initialText: 'none',
    description: 'Latency objective: batches grow only as far as it allows, in milliseconds.',
  }),
  checkRows: integer({
    min: 0,
    max: 1_000_000_000,
    initial: 1000,
    description: 'Of so many batches one has a row run again by itself; a difference ends batching. 0: none.',
  }),
  rowIndependent: choice({
    options: ['auto', 'on'],
    initial: 'auto',
    description: 'on: your word that no row changes another, for a model that would not be batched; auto: it is tried.',
  }),
});
