import { describe, torchError, type TorchError } from '../../errors.js';
import { archiveKind, exportedArchive, holdsCompiled } from '../../model/archive-kind.js';
import { fileKind, fileKindBytes } from '../../model/file-kind.js';
import { unsafe, ZipArchive, type ZipEntry } from '../../model/zip-archive.js';
import { entriesByPath } from '../pt2/entries.js';

/** What of a package is wanted, and where it goes. */
export interface PackageFiles {
  readonly archive: ZipArchive;
  /** The model's name within the package. */
  readonly model: string;
  /** Entries to unpack, by their path below the package's folder. */
  readonly files: ReadonlyMap<string, ZipEntry>;
  readonly libraries: readonly ZipEntry[];
  readonly metadata: ZipEntry;
  /** The C++ source of the wrapper, where the package has it. */
  readonly source: ZipEntry | undefined;
  /** Those of its kernels, where they are files of their own. */
  readonly kernels: readonly ZipEntry[];
  /** The list of operators that the loader calls for the code, where there are any. */
  readonly operators: ZipEntry | undefined;
  /** All constants in one file, in the code's order; LibTorch maps as much of it as the code wants, so it is kept from it. */
  readonly blob: ZipEntry | undefined;
  /** The exported program, where it was packaged beside its code. */
  readonly program: ZipEntry | undefined;
}

const modelFile = /^data\/aotinductor\/([^/]+)\/([^/]+)$/;

/**
 * Reads the directory of a package, without unpacking, and refuses what PyTorch does not write.
 * @throws ERR_MODEL_FORMAT for what is no package with one compiled model, ERR_UNSAFE_ARCHIVE for hostile sizes, names and kinds
 */
export async function readPackage(bytes: Buffer): Promise<PackageFiles> {
  const archive = await ZipArchive.open(bytes, (reason) => noZip(bytes, reason));
  checkKind(archive.entries.map(({ name }) => name));
  const files = entriesByPath(archive.entries);
  const compressed = archive.entries.reduce((sum, { stored, unpacked }) => sum + (stored ? 0 : unpacked), 0);
  if (compressed > 256 * 2 ** 20) throw unsafe(`what it compresses unpacks to ${compressed} bytes`);

  const models = new Set([...files.keys()].flatMap((path) => modelFile.exec(path)?.[1] ?? []));
  const [model] = models;
  if (model === undefined) throw format('a zip archive without a compiled model');
  if (models.size > 1) {
    throw format(
      `a package of ${models.size} models (${[...models].map((name) => describe(name)).join(', ')}); package each by itself`,
    );
  }
  const find = (pattern: RegExp): ZipEntry[] =>
    [...files].flatMap(([path, entry]) => (pattern.test(modelFile.exec(path)?.[2] ?? '') ? [entry] : []));
  const libraries = find(/\.so$/);
  if (libraries.length === 0) {
    // LibTorch would run a compiler with a command line out of the package.
    throw format('a package without its compiled library (.so); leave aot_inductor.package_cpp_only off');
  }
  const [metadata] = find(/wrapper_metadata\.json$/).concat(find(/_metadata\.json$/));
  if (!metadata) throw format('a package without its metadata');
  const patterns = [/\.wrapper\.cpp$/, /\.wrapper\.json$/, /\.blob$/];
  const [source, operators, blob] = patterns.map((pattern) => find(pattern)[0]);
  return {
    ...{ archive, model, libraries, metadata, source, operators, blob },
    kernels: find(/\.kernel\.cpp$/),
    files: wanted(files),
    program: files.get(`models/${model}.json`),
  };
}

/** Sources are for people. They would also be what LibTorch compiles, if it came to that. */
function wanted(files: ReadonlyMap<string, ZipEntry>): Map<string, ZipEntry> {
  return new Map([...files].filter(([path]) => !/\.(cpp|h|cu|blob)$|_flags\.json$|^\.data\//.test(path)));
}

function noZip(bytes: Buffer, reason: string): TorchError {
  const kind = fileKind(bytes.subarray(0, fileKindBytes), bytes.length);
  if (kind)
    return format(
      `${kind.what}${kind.what.includes('zip') ? ` (${reason})` : ', which is no zip archive'}`,
      kind.advice,
    );
  return format(`no zip archive (${reason})`);
}

/** Before anything else of an archive is held to the rules of a package. */
function checkKind(names: readonly string[]): void {
  if (holdsCompiled(names)) return;
  const kind = archiveKind(names);
  if (kind === exportedArchive) throw format(`${kind.what} that is not compiled`, 'set the engine to export');
  if (kind) throw format(kind.what, kind.advice);
}

const exportIt = 'make one with torch._inductor.aoti_compile_and_package (docs/aotinductor.md)';

function format(what: string, advice = exportIt): TorchError {
  return torchError('ERR_MODEL_FORMAT', `Expected an AOTInductor package but received ${what}; ${advice}`);
}
