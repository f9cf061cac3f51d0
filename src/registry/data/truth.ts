/** The classes that rows of data truly have. */
import { readFile, stat } from 'node:fs/promises';
import { describe, torchError, type TorchError } from '../../errors.js';
import { parseNpy } from '../../tensor/npy.js';
import { realsOf } from '../../tensor/reals.js';
import { Tensor } from '../../tensor/tensor.js';

/** A path of a .npy file, a tensor `[rows]`, or a list: indices of classes, or their labels. */
export type TruthGiven = string | Tensor | readonly (number | string)[];

/** Of a file of truths: 8 bytes for each of 32 million rows. */
const mostBytes = 2 ** 28;

/**
 * @param labels of the task, in their order
 * @param rows that the data has
 * @returns the index of each row's class
 * @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE naming the first row that is none of the classes
 */
export async function readTruth(given: TruthGiven, labels: readonly string[], rows: number): Promise<Int32Array> {
  const found = typeof given === 'string' ? await truthIn(given) : given;
  if (!(found instanceof Tensor) && !Array.isArray(found)) throw noTruth(found);
  if (found instanceof Tensor && found.shape.length !== 1) {
    throw torchError('ERR_INVALID_SHAPE', `Expected [${rows}] for the truth but received [${found.shape.join(', ')}]`);
  }
  const items: ArrayLike<unknown> = found instanceof Tensor ? realsOf(found) : found;
  if (items.length !== rows) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected one class for each of the ${rows} rows in the truth but received ${items.length}`,
    );
  }
  const places = new Map(labels.map((label, index) => [label, index]));
  const truth = new Int32Array(rows);
  for (let row = 0; row < rows; ++row) {
    const item = items[row];
    const index = typeof item === 'string' ? places.get(item) : item;
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= labels.length) {
      throw torchError(
        'ERR_OUT_OF_RANGE',
        `Expected an index from 0 to ${labels.length - 1}, or one of the labels, for the truth of row ${row} but received ${describe(item)}`,
      );
    }
    truth[row] = index as number;
  }
  return truth;
}

async function truthIn(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) {
      throw torchError(
        'ERR_INVALID_INPUT',
        `Expected at most ${mostBytes} bytes of truth in ${path} but it has ${size}`,
      );
    }
    return parseNpy(await readFile(path));
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected a class for each row in ${path}, a .npy file: ${code.startsWith('ERR_') ? message : code}`,
      {
        cause,
      },
    );
  }
}

function noTruth(given: unknown): TorchError {
  return torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected a path of a .npy file, a tensor or a list of classes for the truth but received ${describe(given)}`,
  );
}
