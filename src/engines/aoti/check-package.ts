import { join } from 'node:path';
import type { NativeDict, NativeValue } from '../../addon/addon.js';
import { torchError } from '../../errors.js';
import type { Signature } from '../../signature/spec.js';
import { headOf, maxText, readEntry } from '../pt2/entries.js';
import { largestSize } from '../pt2/extent.js';
import { boundsVouchedFor, specOfSignature, widened, type PackageSpec } from './input-spec.js';
import { declaredBounds } from './program-bounds.js';
import { readPackage, type PackageFiles } from './package-files.js';
import { liftedSymbols } from './source-bounds.js';
import type { Randomness } from './source-random.js';
import type { PackageState } from './source-state.js';
import { randomnessOf, stateOf } from './state.js';
import { nativeConstants, readStoredConstants, type StoredConstants } from './stored-constants.js';
import { checkLibrary, checkTarget, targetOf, type Target } from './target.js';
import { readWrapperSource } from './wrapper-source.js';
import { readWrittenSpec, writtenKey } from './written-spec.js';

/** A package that this machine can run and whose inputs are known; nothing of it was written or opened yet. */
export interface CheckedPackage {
  readonly files: PackageFiles;
  readonly target: Target;
  readonly spec: PackageSpec;
  readonly state: PackageState;
  readonly randomness: Randomness;
  /** What lies beside the library. */
  readonly stored: StoredConstants;
}

/**
 * @param given what the caller or the registry record says of the inputs
 * @throws ERR_MODEL_FORMAT, ERR_UNSAFE_ARCHIVE, ERR_PLATFORM_UNSUPPORTED
 */
export async function checkPackage(bytes: Buffer, given: Signature | undefined): Promise<CheckedPackage> {
  const files = await readPackage(bytes);
  const metadata = parseMetadata(await readEntry(files.archive, files.metadata));
  const target = targetOf(metadata);
  checkTarget(target);
  for (const library of files.libraries) {
    checkLibrary(await headOf(files.archive, library, 64), library.unpacked);
  }
  return {
    ...{ files, target },
    spec: await specOf(files, metadata, target, given),
    state: await stateOf(files, metadata[writtenKey]),
    randomness: await randomnessOf(files),
    stored: await readStoredConstants(files),
  };
}

async function specOf(
  files: PackageFiles,
  metadata: Record<string, string>,
  { device }: Target,
  given: Signature | undefined,
): Promise<PackageSpec> {
  const written = metadata[writtenKey];
  if (written !== undefined) return readWrittenSpec(written);
  if (files.source) {
    const sources: string[] = [];
    for (const entry of [files.source, ...files.kernels])
      sources.push((await readEntry(files.archive, entry)).toString('utf8'));
    const spec = readWrapperSource(String(sources[0]));
    // Without one that is too large the bounds are those of the source.
    const program =
      files.program && files.program.unpacked <= maxText ? await readEntry(files.archive, files.program) : undefined;
    const declared = program && declaredBounds(program);
    return widened(
      spec,
      declared ?? boundsVouchedFor(spec, given),
      declared ? [] : await liftedSymbols(sources, spec.symbols, device),
    );
  }
  if (given) return specOfSignature(given);
  throw torchError(
    'ERR_MODEL_FORMAT',
    'Expected to know the dtypes and shapes of the inputs, which compiled code does not check, but the package holds neither its source ' +
      'nor a signature: export it with scripts/export/node_libtorch_export.py, or give a signature (loadModel’s option, or a registry record)',
  );
}

function parseMetadata(bytes: Buffer): Record<string, string> {
  try {
    const metadata = JSON.parse(bytes.toString('utf8')) as unknown;
    if (
      typeof metadata === 'object' &&
      metadata !== null &&
      Object.values(metadata).every((value) => typeof value === 'string')
    ) {
      return metadata as Record<string, string>;
    }
  } catch {
    // said below
  }
  throw torchError('ERR_MODEL_FORMAT', 'Expected JSON of strings as the metadata of the package');
}

/** The name of the unpacked `blob`. */
export const blobFile = 'constants.blob';

/**
 * As native/engine/aoti/compiled_package.h reads it.
 * @param path of the package
 * @param folder that it was unpacked into
 */
export function nativePackage(
  { files, target, spec, state, stored }: CheckedPackage,
  path: string,
  folder: string,
): NativeDict {
  const names = [...spec.symbols.keys()];
  for (const { shape } of spec.inputs) {
    for (const extent of shape)
      if (typeof extent !== 'number' && !names.includes(extent.symbol)) names.push(extent.symbol);
  }
  const symbols = names.map((name) => {
    const { min, max } = spec.symbols.get(name) ?? { min: 0, max: largestSize };
    return [Math.max(0, min), Math.min(max, largestSize)];
  });
  const inputs = spec.inputs.map(({ name, dtype, shape, order }) =>
    dict({
      name,
      dtype,
      order,
      shape: shape.map((extent) =>
        typeof extent === 'number' ? [-1, 0, extent] : [names.indexOf(extent.symbol), extent.scale, extent.offset],
      ),
    }),
  );
  return dict({
    ...{ path, model: files.model, device: target.device, symbols, inputs },
    constants: nativeConstants(stored, folder).map(dict),
    pickled: stored.pickled,
    blob: files.blob ? join(folder, blobFile) : '',
    blobBytes: files.blob?.unpacked ?? 0,
    state: state.kind,
    statefulReason: state.kind === 'kept' ? state.reason : '',
    operators: state.kind === 'none' ? state.operators : [],
  });
}

function dict(members: Readonly<Record<string, NativeValue>>): NativeDict {
  return { keys: Object.keys(members), values: Object.values(members) };
}
