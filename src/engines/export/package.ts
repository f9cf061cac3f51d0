import { crc32 } from 'node:zlib';
import type { NativeDict, NativeValue } from '../../addon/addon.js';
import { Turns } from '../../async/turns.js';
import { describe, torchError, type TorchError } from '../../errors.js';
import { archiveKind, exportedArchive, holdsCompiled } from '../../model/archive-kind.js';
import { fileKind, fileKindBytes } from '../../model/file-kind.js';
import { notesFile } from '../../model/notes.js';
import { unsafe, ZipArchive, type ZipEntry } from '../../model/zip-archive.js';
import { entriesByPath } from '../pt2/entries.js';

/** Where the bytes of an entry lie in the file. */
interface Place {
  readonly offset: number;
  readonly size: number;
}

/** A file of torch.export.save that was found to be whole; nothing of it was read but the names and numbers of its archive. */
export interface ExportedPackage {
  /** The model's name within the package. */
  readonly model: string;
  readonly json: Place;
  readonly weights: Place | undefined;
  readonly constants: Place | undefined;
  /** What the two lists name, by its path below the package's folder. */
  readonly files: ReadonlyMap<string, Place>;
  /** What scripts/export/node_libtorch_export.py writes beside the program. */
  readonly notes: Place | undefined;
  /** Compiled code lies beside the program. */
  readonly holdsCompiled: boolean;
}

const modelFile = /^models\/([^/]+)\.json$/;
const dataFile = /^data\/(?:weights|constants)\/[^/]+$/;
const notesPath = `extra/${notesFile}`;

/** What PyTorch 2.9 to 2.15 write. The bytes of weights are taken as they lie, so their order matters. */
const marks: readonly (readonly [file: string, known: string, advice: string])[] = [
  ['archive_format', 'pt2', 'save it again with torch.export.save'],
  ['archive_version', '0', 'save it again with torch.export.save of PyTorch 2.9 to 2.15'],
  ['byteorder', 'little', 'save it again on a machine of little-endian byte order'],
];

/**
 * Reads the directory of a package and the places of its parts, and refuses what torch.export.save does not write. Nothing is
 * unpacked, no pickle is opened, and sample inputs are passed over.
 * @throws ERR_MODEL_FORMAT for what is no package with one exported program, saying what it is; ERR_UNSAFE_ARCHIVE for hostile
 * sizes, names and kinds, and for bytes that a checksum is not of
 */
export async function readExportedPackage(bytes: Buffer): Promise<ExportedPackage> {
  const archive = await ZipArchive.open(bytes, (reason) => noZip(bytes, reason));
  const names = archive.entries.map(({ name }) => name);
  const kind = archiveKind(names);
  if (kind !== exportedArchive) throw otherKind(kind);
  const files = entriesByPath(archive.entries);
  const model = onlyModel([...files.keys()]);
  const placeOf = (path: string): Place | undefined => {
    const entry = files.get(path);
    return entry && archive.placeOf(entry);
  };
  checkMarks(bytes, placeOf);
  const lists = {
    weights: `data/weights/${model}_weights_config.json`,
    constants: `data/constants/${model}_constants_config.json`,
  };
  const data = [...files].filter(([path]) => dataFile.test(path) && !/_config\.json$|\.pt$/.test(path));
  const read = [`models/${model}.json`, lists.weights, lists.constants, notesPath];
  await checkSums(bytes, archive, [
    ...data.map(([, entry]) => entry),
    ...read.flatMap((path) => files.get(path) ?? []),
  ]);
  return {
    model,
    json: placeOf(`models/${model}.json`) as Place,
    weights: placeOf(lists.weights),
    constants: placeOf(lists.constants),
    files: new Map(data.map(([path, entry]) => [path, archive.placeOf(entry)])),
    notes: placeOf(notesPath),
    holdsCompiled: holdsCompiled(names),
  };
}

/** As native/engine/export/package.h reads it. */
export function nativeProgram({ json, weights, constants, files }: ExportedPackage): NativeDict {
  const place = ({ offset, size }: Place): NativeValue => [offset, size];
  return dict([
    ['json', place(json)],
    ['weights', weights ? place(weights) : null],
    ['constants', constants ? place(constants) : null],
    ['files', dict([...files].map(([path, at]) => [path, place(at)]))],
  ]);
}

function dict(members: readonly (readonly [name: string, value: NativeValue])[]): NativeDict {
  return { keys: members.map(([name]) => name), values: members.map(([, value]) => value) };
}

function onlyModel(paths: readonly string[]): string {
  const models = paths.flatMap((path) => modelFile.exec(path)?.[1] ?? []);
  const [model, ...others] = models;
  if (model === undefined) throw format('a package without a program (models/NAME.json)');
  if (others.length === 0) return model;
  const listed = models
    .slice(0, 20)
    .map((name) => describe(name))
    .join(', ');
  throw format(`a package of ${models.length} programs (${listed})`, 'save each by itself with torch.export.save');
}

function checkMarks(bytes: Buffer, placeOf: (path: string) => Place | undefined): void {
  for (const [file, known, advice] of marks) {
    const place = placeOf(file);
    if (!place) {
      // Older ones have no byte order, and all machines that PyTorch runs on have the same.
      if (file === 'byteorder') continue;
      throw format(`a package without ${file}`, advice);
    }
    const text = bytes.toString('latin1', place.offset, place.offset + Math.min(place.size, 64)).trim();
    if (text !== known) throw format(`a package whose ${file} is ${describe(text)} and not ${describe(known)}`, advice);
  }
}

/** Piece by piece, so that the event loop is never held. */
const pieceBytes = 256 * 1024;

async function checkSums(bytes: Buffer, archive: ZipArchive, entries: readonly ZipEntry[]): Promise<void> {
  const turns = new Turns();
  for (const entry of entries) {
    const { offset, size } = archive.placeOf(entry);
    let sum = 0;
    for (let at = 0; at < size; at += pieceBytes) {
      const piece = bytes.subarray(offset + at, offset + Math.min(size, at + pieceBytes));
      sum = crc32(piece, sum);
      if (turns.isDue(piece.length)) await turns.pause();
    }
    if (sum !== entry.crc) throw unsafe(`entry ${describe(entry.name)} has bytes that its checksum is not of`);
  }
}

function otherKind(kind: ReturnType<typeof archiveKind>): TorchError {
  return kind ? format(kind.what, kind.advice) : format('a zip archive without an exported program');
}

function noZip(bytes: Buffer, reason: string): TorchError {
  const kind = fileKind(bytes.subarray(0, fileKindBytes), bytes.length);
  if (!kind) return format(`no zip archive (${reason})`);
  return format(`${kind.what}${kind.what.includes('zip') ? ` (${reason})` : ', which is no zip archive'}`, kind.advice);
}

function format(what: string, advice = 'make one with torch.export.save (docs/export.md)'): TorchError {
  return torchError('ERR_MODEL_FORMAT', `Expected an exported program but received ${what}; ${advice}`);
}
