/** A worker thread with one session: ONNX Runtime's run() blocks the thread that it is called on, so that one is ours. */

import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';
import type * as OnnxRuntime from 'onnxruntime-node';
import { torchError, TorchError } from '../../errors.js';
import type { DType } from '../../tensor/dtype.js';
import type { TensorData } from '../../tensor/dtype.js';
import type { RunReply, WireTensor } from '../remote/protocol.js';
import { serveRequests } from '../remote/serve.js';
import { loadMessage, runMessage } from './message-scrub.js';
import { readModelProto } from './model-proto.js';
import type { OnnxReplies, OnnxRequest, SessionReply, SessionRequest } from './protocol.js';

type Ort = typeof OnnxRuntime;

const { runtimePath } = workerData as { runtimePath: string };
let ort: Ort | undefined;
let session: OnnxRuntime.InferenceSession | undefined;

/** Nothing is logged: what goes wrong comes as an error, and ONNX Runtime's own lines quote input values. */
const fatal = { name: 'fatal', level: 4 } as const;

serveRequests(handle, loadMessage);

async function handle(request: OnnxRequest, transfer: ArrayBuffer[]): Promise<OnnxReplies[keyof OnnxReplies]> {
  switch (request.kind) {
    case 'inspect':
      return readModelProto(new Uint8Array(request.model));
    case 'create':
      return create(request);
    case 'run':
      return run(request.inputs, transfer);
    case 'release':
      await session?.release();
      return null;
  }
}

function loadRuntime(): Ort {
  // Where there is one (Node 24), onnxruntime-node 1.30 makes a Float16Array of float16 bits and then misreads its size.
  Reflect.deleteProperty(globalThis, 'Float16Array');
  try {
    const loaded = createRequire(import.meta.url)(runtimePath) as Ort;
    loaded.env.logLevel = fatal.name;
    return loaded;
  } catch (error) {
    throw torchError(
      'ERR_ONNXRUNTIME_LOAD',
      `onnxruntime-node could not be loaded: ${loadMessage((error as Error).message)}\n` +
        '  fix: install it again on this machine, or see which platforms it has binaries for',
    );
  }
}

async function create({ model, external, intraOpThreads, optimize }: SessionRequest): Promise<SessionReply> {
  ort ??= loadRuntime();
  const options: OnnxRuntime.InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
    executionMode: 'sequential',
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    logSeverityLevel: fatal.level,
    ...(external.length > 0 && {
      externalData: external.map(({ path, data }) => ({ path, data: new Uint8Array(data) })),
    }),
  };
  try {
    // Node-API takes no shared memory here, so each thread has a copy for as long as it loads.
    session = await ort.InferenceSession.create(new Uint8Array(model).slice(), options);
  } catch (error) {
    throw loadError((error as Error).message);
  }
  return {
    inputs: session.inputNames.slice(),
    outputs: session.outputMetadata.map((output) => ({
      name: output.name,
      shape: output.isTensor ? output.shape.map((size) => (typeof size === 'number' ? size : null)) : [],
    })),
  };
}

async function run(inputs: readonly WireTensor[], transfer: ArrayBuffer[]): Promise<RunReply> {
  if (!ort || !session) throw torchError('ERR_INTERNAL', 'Expected a session, but there is none');
  const feeds: Record<string, OnnxRuntime.Tensor> = Object.create(null) as Record<string, OnnxRuntime.Tensor>;
  for (const [i, name] of session.inputNames.entries()) {
    const { dtype, shape, data } = inputs[i] as WireTensor;
    feeds[name] = new ort.Tensor(dtype as 'float32', elementsOf(dtype, data), shape);
  }
  let results: Readonly<Record<string, OnnxRuntime.Tensor>>;
  const started = performance.now();
  try {
    results = await session.run(feeds);
  } catch (error) {
    throw runError((error as Error).message);
  }
  const runMs = performance.now() - started;
  return { outputs: session.outputNames.map((name) => outputOf(results[name], name, transfer)), runMs };
}

/** ONNX Runtime takes any byte for a bool, and some kernels then compute with it. */
function elementsOf(dtype: DType, data: TensorData): Float32Array {
  if (dtype === 'bool') for (let i = 0; i < data.length; ++i) data[i] = data[i] ? 1 : 0;
  return data as Float32Array;
}

/** Copied once: the memory is ONNX Runtime's own, and such cannot be handed to another thread. */
function outputOf(tensor: OnnxRuntime.Tensor | undefined, name: string, transfer: ArrayBuffer[]): WireTensor {
  if (!tensor?.data || tensor.type === 'string') {
    throw torchError(
      'ERR_BAD_OUTPUT',
      `Expected a tensor of numbers for output ${name} but the model gave something else`,
    );
  }
  const { buffer, byteOffset, byteLength } = tensor.data as Float32Array;
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  transfer.push(bytes);
  return { dtype: tensor.type as DType, shape: tensor.dims, data: new Uint8Array(bytes) };
}

function loadError(text: string): TorchError {
  const message = `ONNX Runtime could not load the model: ${loadMessage(text)}`;
  if (isOutOfMemory(text)) return torchError('ERR_OUT_OF_MEMORY', message);
  return torchError(
    /INVALID_PROTOBUF|protobuf parsing failed/i.test(text) ? 'ERR_MODEL_FORMAT' : 'ERR_MODEL_LOAD',
    message,
  );
}

function runError(text: string): TorchError {
  return torchError(isOutOfMemory(text) ? 'ERR_OUT_OF_MEMORY' : 'ERR_MODEL_EXECUTION', runMessage(text));
}

function isOutOfMemory(text: string): boolean {
  return /failed to allocate memory|bad_alloc|out of memory|array buffer allocation failed/i.test(text);
}
