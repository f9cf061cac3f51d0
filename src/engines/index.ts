import { extname } from 'node:path';
import { expected, torchError } from '../errors.js';
import type { EngineName } from '../model/info.js';
import type { AnyMethods, Methods } from '../model/methods.js';
import type { Model } from '../model/model.js';
import { resolveLoadOptions, type LoadOptions } from '../model/options.js';
import { artifactSource, type ModelSource } from '../model/source.js';
import { aotinductor } from './aoti/row.js';
import { exported } from './export/row.js';
import { onnx } from './onnx/row.js';
import type { EngineRow } from './row.js';
import { torchscript } from './torch/row.js';
// Once more, for the declarations: each row adds its name to EngineNames.
import './aoti/row.js';
import './export/row.js';
import './onnx/row.js';
import './torch/row.js';

export type { EngineName };

/** THE TABLE of engines. Adding one is a folder with its row, and a line here. */
const rows = { torchscript, export: exported, aotinductor, onnx } satisfies Record<EngineName, EngineRow>;

/** Every engine by its name. */
export const engineTable: Readonly<Record<EngineName, EngineRow>> = rows;

/** Names of the engines, in the order of the table. */
export const engineNames = Object.keys(rows) as readonly EngineName[];

/** Extensions of model files, with their dots, in lower case. Two engines may have one, and the file's content decides. */
export const modelExtensions: readonly string[] = [...new Set(engineNames.flatMap((name) => rows[name].extensions))];

/**
 * Loads a model. The artifact is read once, hashed and checked; those very bytes are then loaded, on the model's own thread.
 * The first call also loads LibTorch or ONNX Runtime.
 *
 * @param source a path; a `file:` URL object; or the bytes, which are copied at the call and need the option `engine`
 * @param options see `LoadOptions` for each one's default
 * @returns a model; `loadModel<Methods>` types its methods with what `node-libtorch types` writes, which is not checked here
 * @throws ERR_INVALID_ARGUMENT, ERR_MODEL_LOAD, ERR_MODEL_FORMAT, ERR_UNSAFE_ARCHIVE, ERR_INTEGRITY,
 * ERR_OPERATOR_LIBRARY, ERR_OPERATOR_NOT_FOUND, ERR_DEVICE_UNAVAILABLE, ERR_DEVICE_FAILED, ERR_PRECISION_UNSUPPORTED,
 * ERR_PLATFORM_UNSUPPORTED (a package for another CPU), ERR_STATEFUL_MODEL (with several instances), ERR_SIGNATURE_MISMATCH,
 * what finding LibTorch or ONNX Runtime throws, or `signal.reason`
 *
 * @example
 * await using model = await loadModel<Methods>(new URL('./model.pt', import.meta.url), { instances: 2 });
 * const scores = await model.run(Tensor.from([[0.1, 0.2, 0.3]]));
 */
export async function loadModel<M extends Methods = AnyMethods>(
  source: ModelSource,
  options: LoadOptions = {},
): Promise<Model<M>> {
  // The types of the methods are the caller's word.
  return await load(source, options);
}

async function load(source: ModelSource, options: LoadOptions): Promise<Model> {
  const origin = artifactSource(source);
  const resolved = resolveLoadOptions(options);
  const row = engineTable[await findEngine(origin.path, options.engine)];
  for (const [name, why] of Object.entries(row.lacks)) {
    const value = options[name as keyof LoadOptions];
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (isGiven) throw torchError('ERR_INVALID_ARGUMENT', `Expected no ${name} for this model: ${why}`);
  }
  resolved.signal?.throwIfAborted();
  return row.load(origin, resolved);
}

/**
 * The engine of a model file: the given one, else by the file's extension, else by its first and last bytes.
 * @param path undefined for a model that is given as bytes
 * @throws ERR_INVALID_ARGUMENT for an unknown engine, or bytes without one; ERR_MODEL_FORMAT for what is no model;
 * ERR_MODEL_LOAD for a file that cannot be read
 */
export async function findEngine(path: string | undefined, engine?: EngineName): Promise<EngineName> {
  if (engine !== undefined) {
    if (engineNames.includes(engine)) return engine;
    throw expected(`one of ${engineNames.join(', ')}`, 'engine', engine);
  }
  if (path === undefined) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected the option engine (${engineNames.join(', ')}) for a model that is given as bytes`,
    );
  }
  const extension = extname(path).toLowerCase();
  const [first, ...others] = engineNames.filter((name) => rows[name].extensions.includes(extension));
  if (first && others.length === 0) return first;
  const { sniffEngine } = await import('./sniff.js');
  if (!first) return await sniffEngine(path, rows);
  return await sniffEngine(path, Object.fromEntries([first, ...others].map((name) => [name, rows[name]])), first);
}

/**
 * Files beside a model file that hold its weights, by their paths from its folder: none for what no engine takes.
 * @throws ERR_UNSAFE_ARCHIVE for a path that leads elsewhere, ERR_MODEL_LOAD for a file that cannot be read, `signal.reason`
 */
export async function weightFiles(path: string, signal?: AbortSignal): Promise<string[]> {
  const engine = await findEngine(path).catch(() => undefined);
  return (await (engine && engineTable[engine].weightFiles?.(path, signal))) ?? [];
}
