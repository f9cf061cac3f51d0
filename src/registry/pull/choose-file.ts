import { extname } from 'node:path';
import { describe, torchError } from '../../errors.js';
import { modelExtensions } from '../../engines/index.js';
import { isContained, type HubFile } from './repository.js';

/** Names that an error lists. */
const most = 20;

/** @throws ERR_INVALID_ARGUMENT unless it is a path in a repository */
export function checkFile(file: unknown): asserts file is string {
  if (isContained(file)) return;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected the path of a file in the repository, such as onnx/model.onnx, for file but received ${describe(file)}`,
  );
}

/**
 * The file to pull: the one that is named, or the only one that an engine has the extension of.
 * @throws ERR_MODEL_NOT_FOUND when it is not there; ERR_INVALID_ARGUMENT when several may be meant
 */
export function chooseFile(files: ReadonlyMap<string, HubFile>, named: string | undefined, where: string): HubFile {
  if (named !== undefined) {
    const file = files.get(named);
    if (file) return file;
    throw torchError(
      'ERR_MODEL_NOT_FOUND',
      `Expected ${describe(named)} in ${where} but it has ${listed([...files.keys()])}`,
    );
  }
  const models = [...files.values()].filter(({ path }) => modelExtensions.includes(extname(path).toLowerCase()));
  const [only, ...others] = models;
  if (only && others.length === 0) return only;
  if (only) {
    const names = models.map(({ path }) => path).sort();
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected --file, because ${where} has ${names.length} model files: ${listed(names)}`,
    );
  }
  throw torchError(
    'ERR_MODEL_NOT_FOUND',
    `Expected a model file (${modelExtensions.join(', ')}) in ${where} but it has ${listed([...files.keys()])}\n` +
      '  fix: export the model to ONNX or TorchScript and add that file; --file takes one of another extension',
  );
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'no file';
  const shown = names.slice(0, most).map((name) => describe(name));
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}
