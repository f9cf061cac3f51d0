/** A worker thread with one session: ONNX Runtime's run() blocks the thread that it is called on, so that one is ours. */

import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';
import type * as OnnxRuntime from 'onnxruntime-node';
import { torchError, TorchError } from '../../errors.js';
import { looksLikeOrt } from '../../model/file-kind.js';
import type { DType } from '../../tensor/dtype.js';
import type { TensorData } from '../../tensor/dtype.js';
import type { RunReply, WireValue } from '../remote/protocol.js';
import { serveRequests } from '../remote/serve.js';
import { inspectModel } from './inspect.js';
import { loadMessage, runFailure, runtimeMessage } from './message-scrub.js';
import type { OnnxReplies, OnnxRequest, SessionReply, SessionRequest, SessionValue } from './protocol.js';
import { rewriteModel } from './rewrite.js';

type Ort = typeof OnnxRuntime;

const { runtimePath } = workerData as { runtimePath: string };
let ort: Ort | undefined;
let session: OnnxRuntime.InferenceSession | undefined;
/** The file, until there is a session of it. */
let model: Uint8Array<ArrayBuffer> = new Uint8Array(0);
/** Names of the session's inputs, in the order in which a run brings them. */
let fed: readonly string[] = [];

/** Nothing is logged: what goes wrong comes as an error, and ONNX Runtime's own lines quote input values. */
const fatal = { name: 'fatal', level: 4 } as const;

serveRequests(handle, loadMessage);

async function handle(request: OnnxRequest, transfer: ArrayBuffer[]): Promise<OnnxReplies[keyof OnnxReplies]> {
  switch (request.kind) {
    case 'open':
      model = new Uint8Array(request.model);
      return request.inspect && !looksLikeOrt(model) ? inspectModel(model) : undefined;
    case 'create':
      return create(request);
    case 'run':
      return run(request, transfer);
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
    throw torchError('ERR_ONNXRUNTIME_LOAD', runtimeMessage((error as Error).message));
  }
}

async function create(request: SessionRequest): Promise<SessionReply> {
  const { edit, external, externalFolder, intraOpThreads, spins, optimize } = request;
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
    extra: {
      session: {
        ...(!spins && { intra_op: { allow_spinning: '0' } }),
        ...(externalFolder !== undefined && { model_external_initializers_file_folder_path: externalFolder }),
      },
    },
  };
  const bytes = rewriteModel(model, edit);
  if (bytes !== model) letGo(model);
  try {
    session = await ort.InferenceSession.create(bytes, options);
  } catch (error) {
    throw loadError((error as Error).message);
  } finally {
    letGo(bytes);
    model = new Uint8Array(0);
  }
  fed = request.fed ?? session.inputNames;
  return { inputs: session.inputMetadata.map(sessionValue), outputs: session.outputMetadata.map(sessionValue) };
}

/** Frees the memory at once, and not at some collection of this thread, which has little else to collect. */
function letGo({ buffer }: Uint8Array<ArrayBuffer>): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(null, [buffer]);
  port1.close();
}

function sessionValue(value: OnnxRuntime.InferenceSession.ValueMetadata): SessionValue {
  if (!value.isTensor) return { name: value.name, type: undefined, shape: [], symbols: [] };
  return {
    name: value.name,
    type: value.type,
    shape: value.shape.map((size) => (typeof size === 'number' ? size : null)),
    symbols: value.shape.map((size) => (typeof size === 'string' && size !== '' ? size : null)),
  };
}

type RunRequest = Extract<OnnxRequest, { readonly kind: 'run' }>;

async function run({ inputs, outputs }: RunRequest, transfer: ArrayBuffer[]): Promise<RunReply> {
  if (!ort || !session) throw torchError('ERR_INTERNAL', 'Expected a session, but there is none');
  const feeds: Record<string, OnnxRuntime.Tensor> = Object.create(null) as Record<string, OnnxRuntime.Tensor>;
  for (const [i, name] of fed.entries()) feeds[name] = fedTensor(ort, inputs[i] as WireValue);
  const names = outputs ?? session.outputNames;
  let results: Readonly<Record<string, OnnxRuntime.Tensor>>;
  const started = performance.now();
  try {
    results = await (outputs && hasChoice(ort) ? session.run(feeds, outputs) : session.run(feeds));
  } catch (error) {
    throw runError((error as Error).message);
  }
  const runMs = performance.now() - started;
  return { outputs: names.map((name) => outputOf(results[name], name, transfer)), runMs };
}

/** Before 1.24 the binding mixes up the outputs of a choice, so all are taken. */
function hasChoice({ env }: Ort): boolean {
  const [, minor = 0] = (env.versions.node ?? env.versions.common).split('.').map(Number);
  return minor >= 24;
}

function fedTensor(runtime: Ort, input: WireValue): OnnxRuntime.Tensor {
  if (input.dtype === 'string') return new runtime.Tensor('string', input.data, input.shape);
  return new runtime.Tensor(input.dtype as 'float32', elementsOf(input.dtype, input.data), input.shape);
}

/** ONNX Runtime takes any byte for a bool, and some kernels then compute with it. */
function elementsOf(dtype: DType, data: TensorData): Float32Array {
  if (dtype === 'bool') for (let i = 0; i < data.length; ++i) data[i] = data[i] ? 1 : 0;
  return data as Float32Array;
}

/** Copied once: the memory is ONNX Runtime's own, and such cannot be handed to another thread. */
function outputOf(tensor: OnnxRuntime.Tensor | undefined, name: string, transfer: ArrayBuffer[]): WireValue {
  if (!tensor?.data) {
    throw torchError('ERR_BAD_OUTPUT', `Expected a tensor for output ${name} but the model gave something else`);
  }
  if (tensor.type === 'string') return { dtype: 'string', shape: tensor.dims, data: tensor.data as string[] };
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
  const { message, hint, trace } = runFailure(text);
  return torchError(isOutOfMemory(text) ? 'ERR_OUT_OF_MEMORY' : 'ERR_MODEL_EXECUTION', message, { hint, trace });
}

function isOutOfMemory(text: string): boolean {
  return /failed to allocate memory|bad_alloc|out of memory|array buffer allocation failed/i.test(text);
}
