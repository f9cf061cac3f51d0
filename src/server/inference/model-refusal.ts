import { TorchError, torchError } from '../../errors.js';
import { withoutFolders } from '../../files/without-folders.js';
import type { ServedModel } from '../../serving/index.js';

/**
 * What an engine says about shapes, dtypes and indices. Only these words are repeated to a caller: any other sentence may be
 * the model's own, and hold whatever its author put into it.
 */
const ofTheInput: readonly RegExp[] = [
  /\bshapes? cannot be (multiplied|broadcast)/,
  /\bmust have the same (dtype|reduction dim)/,
  /\bneeds? to be at least \dD\b/,
  /\bexpected (scalar type|m1 and m2|input|tensor|\d+D|.{0,40}\bto have (the same )?(dtype|type|size|shape|\d+ channels))/i,
  /\bsize of tensor [a-z] \(\d+\) must match/,
  /\bsizes? of tensors must match/i,
  /\bshape '\[[-\d, ]*\]' is invalid for input of size/,
  /\bdimension (out of range|specified as)/i,
  /\bindex(es)? (\S+ )?(is |are )?out of (range|bounds)/i,
  /\bindex out of range in self\b/,
  /\bexpected .{0,60}\bbut (got|found|received)\b/i,
  /\bnot implemented for '\w+'/,
  /\bgot \w+ and \w+\b/,
  /\bcannot reshape\b/i,
];

const longest = 300;

/** The rows of an input whose datatype or shape nobody has declared cannot be checked before the run: the run does it. */
function isUndeclared({ model }: ServedModel): boolean {
  return model.signature?.inputs.some(({ dtype, shape }) => dtype === null || shape === null) === true;
}

/**
 * The error of a run as its caller may read it. Where a model declares its inputs, what comes to a run is right, and an error
 * is the server's. Where it does not, an error about shapes, dtypes or indices is about what was sent.
 * @returns ERR_INVALID_INPUT with the first line of the engine's reason, without folders; else the error as it is
 */
export function refusalOf(error: unknown, served: ServedModel): unknown {
  if (!(error instanceof TorchError) || error.code !== 'ERR_MODEL_EXECUTION' || !isUndeclared(served)) return error;
  const [line = ''] = error.message.split('\n', 1);
  if (!ofTheInput.some((words) => words.test(line))) return error;
  const reason = withoutFolders(line).slice(0, longest);
  const message = `Expected inputs that ${served.name} can run on, of which it declares no datatype and shape: ${reason}`;
  return torchError('ERR_INVALID_INPUT', message, { cause: error, hint: error.hint, trace: error.trace });
}
