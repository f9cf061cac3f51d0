/** What a file is, before it is copied: what is no model is told at once, whatever its size. */
import { stat } from 'node:fs/promises';
import { modelExtensions } from '../../engines/index.js';
import { torchError, type TorchError } from '../../errors.js';
import { withModelFile } from '../../files/regular-file.js';
import { archiveKind, pickledArchive, type ArchiveKind } from '../../model/archive-kind.js';
import { fileKind, fileKindBytes } from '../../model/file-kind.js';
import { legacyPickle, pickleKind } from '../../model/pickle-kind.js';
import { withZipDirectory } from '../../model/zip-directory.js';

/** Of a pickle: the classes are named at its beginning or not at all, for all that messages need. */
const pickleBytes = 4 * 2 ** 20;

/**
 * Refuses what no engine can load. Nothing is unpickled, and of an archive only the directory is read.
 * @throws ERR_MODEL_FORMAT saying what it is and how to get a model from it; ERR_MODEL_LOAD for what is no file
 */
export async function requireModel(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) {
    throw torchError(
      'ERR_MODEL_LOAD',
      `Expected a model file but ${path} is a folder; give the file inside it (${modelExtensions.join(', ')})`,
    );
  }
  const { head, size } = await withModelFile(path, async ({ file, size }) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(pickleBytes), 0, Math.min(size, pickleBytes), 0);
    return { head: buffer.subarray(0, bytesRead), size };
  });
  if (size === 0)
    throw torchError('ERR_MODEL_FORMAT', `Expected a model in ${path} but it is empty; fetch or export it again`);
  const kind = head.subarray(0, 4).equals(zipMark) ? await kindOfArchive(path) : kindOfFile(head, size);
  if (kind?.advice !== undefined) throw refused(path, kind);
}

const zipMark = Buffer.from('PK\x03\x04');

/** Undefined for what an engine may know. */
function kindOfFile(head: Buffer, size: number): ArchiveKind | undefined {
  if (legacyPickle(head)) return pickleKind(head);
  const kind = fileKind(head.subarray(0, fileKindBytes), size);
  return kind?.isModel ? undefined : kind;
}

async function kindOfArchive(path: string): Promise<ArchiveKind | undefined> {
  return await withZipDirectory(path, async ({ names, head }) => {
    const kind = archiveKind(names);
    if (kind === pickledArchive) {
      const [root] = names[0]?.split('/') ?? [];
      return pickleKind((await head(`${root}/data.pkl`, pickleBytes)) ?? Buffer.alloc(0));
    }
    return kind?.isModel ? undefined : kind;
  });
}

function refused(path: string, { what, advice = '' }: ArchiveKind): TorchError {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected a model file (${modelExtensions.join(', ')}) at ${path} but received ${what}; ${advice}`,
  );
}
