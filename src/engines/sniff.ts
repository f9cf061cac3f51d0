import { torchError } from '../errors.js';
import { withModelFile } from '../files/regular-file.js';
import { fileKind, fileKindBytes } from '../model/file-kind.js';
import type { EngineName } from '../model/info.js';
import { markOf } from '../model/archive-kind.js';
import { isZip, namesInTail } from '../model/zip-tail.js';
import type { EngineRow, Sniffed } from './row.js';

type EngineRows = Readonly<Partial<Record<EngineName, EngineRow>>>;

/** Of the end of a file: the directory of a zip archive, whose names tell what it is. */
const tailBytes = 2 ** 20;

/**
 * The engine of a file whose extension does not tell it.
 * @param rows those that it may be of
 * @param otherwise the engine of a zip archive that none of them knows; its own check of the archive then says what it is
 * @throws ERR_MODEL_FORMAT for what is no model, saying what it is where that is known; ERR_MODEL_LOAD for what cannot be read
 */
export async function sniffEngine(path: string, rows: EngineRows, otherwise?: EngineName): Promise<EngineName> {
  const { head, tail, size } = await ends(path);
  if (size === 0) throw torchError('ERR_MODEL_FORMAT', `Expected a model in ${path} but it is empty`);
  const file: Sniffed = { head, archive: isZip(head) ? markOf(namesInTail(tail)) : undefined };
  for (const [name, row] of Object.entries(rows) as [EngineName, EngineRow][]) {
    if (row.recognizes(file)) return name;
  }
  if (otherwise) return otherwise;
  const extensions = new Set(Object.values(rows).flatMap((row) => row.extensions));
  const kind = fileKind(head, size);
  const received = kind
    ? `${kind.what}; ${kind.advice}`
    : 'bytes of no known kind; set the option engine (--engine) if it is a model';
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected a model file (${[...extensions].join(', ')}) at ${path} but received ${received}`,
  );
}

async function ends(path: string): Promise<{ head: Buffer; tail: Buffer; size: number }> {
  return await withModelFile(path, async ({ file, size }) => {
    const piece = async (from: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    };
    const tail = Math.min(size, tailBytes);
    return { head: await piece(0, fileKindBytes), tail: await piece(size - tail, tail), size };
  });
}
