import { constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, torchError } from '../../errors.js';
import type { ExternalFile } from '../../model/info.js';
import { readArtifact } from '../../model/artifact.js';
import type { ExternalTensor } from './proto-tensor.js';
import { sharedBytes } from './shared-bytes.js';

export interface ExternalData extends ExternalFile {
  readonly data: SharedArrayBuffer;
}

/** One file for every tensor of a large model are hundreds. */
const maxFiles = 10_000;

/**
 * Reads the files that hold a model's weights: only such as lie in the model's own folder, by their bare names. ONNX Runtime
 * gets their bytes and opens no file itself.
 * @param modelPath undefined for a model that was given as bytes, which can have no such files
 * @param digests what is expected; with `pinned` every file needs one
 * @throws ERR_UNSAFE_ARCHIVE, ERR_MODEL_LOAD, ERR_MODEL_FORMAT, ERR_INTEGRITY, or `signal.reason`
 */
export async function readExternalData(
  modelPath: string | undefined,
  tensors: readonly ExternalTensor[],
  {
    digests = {},
    pinned,
    signal,
  }: { digests?: Readonly<Record<string, string>>; pinned: boolean; signal?: AbortSignal },
): Promise<readonly ExternalData[]> {
  const [first] = tensors;
  if (!first) return [];
  if (modelPath === undefined) {
    throw torchError(
      'ERR_MODEL_LOAD',
      `Expected a path or a file: URL for a model with external data (${describe(first.location)}) but received its bytes`,
    );
  }
  const inner = tensors.find(({ outermost }) => !outermost);
  if (inner)
    throw unsafe(
      'external data of the main graph’s initializers alone',
      `some inside an operator (${describe(inner.location)})`,
    );
  const names = [...new Set(tensors.map(({ location }) => location))];
  for (const name of names) requireBareName(name);
  if (names.length > maxFiles) throw unsafe(`at most ${maxFiles} files of external data`, String(names.length));
  const files: ExternalData[] = [];
  for (const name of names) {
    const digest = Object.hasOwn(digests, name) ? digests[name] : undefined;
    if (pinned && digest === undefined) {
      throw torchError(
        'ERR_INTEGRITY',
        `Expected a digest for ${describe(name)}, which holds weights: sha256 covers the .onnx file alone (externalSha256)`,
      );
    }
    files.push(await readFile(dirname(modelPath), name, digest, signal));
  }
  for (const tensor of tensors) requireInside(tensor, files);
  return files;
}

function requireBareName(name: string): void {
  // A colon names a drive or a stream on Windows; ONNX Runtime reads names with other characters as addresses in memory.
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\:*\0]/.test(name)) return;
  throw unsafe('external data in a file beside the model, by its bare name,', describe(name));
}

async function readFile(
  folder: string,
  name: string,
  digest: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ExternalData> {
  const path = join(folder, name);
  const status = await lstat(path).catch(() => undefined);
  if (!status)
    throw torchError('ERR_MODEL_LOAD', `Expected the file ${describe(name)} beside the model but it is not there`);
  if (status.isSymbolicLink()) throw unsafe(`a file for ${describe(name)}`, 'a symbolic link');
  const { bytes, sha256 } = await readArtifact(path, {
    allocate: sharedBytes,
    sha256: digest,
    signal,
    flags: constants.O_NOFOLLOW ?? 0,
  });
  return { name, bytes: bytes.byteLength, sha256, data: bytes as unknown as SharedArrayBuffer };
}

function requireInside({ location, offset, length = 0 }: ExternalTensor, files: readonly ExternalData[]): void {
  const bytes = files.find(({ name }) => name === location)?.bytes ?? 0;
  if (offset + length <= bytes) return;
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected at least ${offset + length} bytes in ${describe(location)} but it has ${bytes}: it is damaged or another model's`,
  );
}

function unsafe(wanted: string, got: string) {
  return torchError('ERR_UNSAFE_ARCHIVE', `Expected ${wanted} but the model has ${got}`);
}
