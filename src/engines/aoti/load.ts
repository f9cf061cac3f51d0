import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isError, torchError } from '../../errors.js';
import { compareDotted } from '../../libtorch/version.js';
import type { ModelInfo } from '../../model/info.js';
import type { LoadedModel } from '../../model/loaded-model.js';
import type { ResolvedLoadOptions } from '../../model/options.js';
import type { ArtifactSource } from '../../model/source.js';
import { countLeaves, parseCallSpec, resultType, type Tree } from '../../signature/pytree.js';
import { reconcile } from '../../signature/reconcile.js';
import type { Signature } from '../../signature/spec.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';
import type { StartedAddon } from '../torch/started-addon.js';
import { modelOf, prepareTorchLoad, type TorchLoad } from '../torch/load.js';
import { TorchSession } from '../torch/session.js';
import { InputTree, treeBinder } from '../pt2/input-tree.js';
import { nested } from '../pt2/results.js';
import { blobFile, checkPackage, nativePackage, type CheckedPackage } from './check-package.js';
import { packageSignature, type PackageSpec, type PlainResult } from './input-spec.js';
import { PrivateFolder } from './private-folder.js';
import type { Randomness } from './source-random.js';
import { unpack } from './unpack.js';

/** In the private folder. */
const unpackedFolder = 'package';

/**
 * Loads a compiled package (.pt2). Its code takes and gives flat lists of tensors; what callers see is nested as the
 * model is. The package is checked, unpacked into a folder that is removed with the model, and opened there.
 * @throws as loadModel; nothing is left behind then
 */
export async function loadCompiledPackage(from: ArtifactSource, given: ResolvedLoadOptions): Promise<LoadedModel> {
  const { started, artifact, options } = await prepareTorchLoad(from, given);
  try {
    return await loadArtifact({ started, artifact, options });
  } finally {
    artifact.release();
  }
}

async function loadArtifact({ started, artifact, options }: TorchLoad): Promise<LoadedModel> {
  const { signal } = options;
  const bytes = Buffer.from(artifact.bytes);
  const checked = await checkPackage(bytes, options.signature);
  const spec = named(checked.spec, options.signature);
  const signature = signatureFor(spec, options.signature);
  signal?.throwIfAborted();
  const folder = await PrivateFolder.create(started.addon);
  const freed = (): Promise<void> => folder.remove();
  let path: string;
  try {
    path = await place(started, checked, bytes, folder.path, signal);
    signal?.throwIfAborted();
  } catch (error) {
    await freed();
    throw error;
  }
  artifact.release();
  const unpacked = join(folder.path, unpackedFolder);
  const source = { bytes: new ArrayBuffer(0), package: nativePackage({ ...checked, spec }, path, unpacked) };
  try {
    const session = await TorchSession.open({ started, artifact, options, source, freed });
    return await modelOf(started, session, () => described(session, spec, signature, checked.randomness));
  } catch (error) {
    throw explained(error);
  }
}

function described(session: TorchSession, spec: PackageSpec, signature: Signature, randomness: Randomness) {
  const [inputs, outputs] = session.callSpec.map(parseCallSpec) as [Tree, Tree];
  if (spec.outputs && spec.outputs.length !== countLeaves(outputs)) {
    throw torchError(
      'ERR_MODEL_FORMAT',
      'Expected as many outputs in the package’s signature as in its call specification',
    );
  }
  const names = spec.inputs.map(({ name }) => name);
  const tree = new InputTree(inputs, spec.parameters, names, spec.constants);
  const warnings = [...session.info.warnings, ...spec.warnings, ...randomness.warnings];
  return {
    info: { ...withResult(session.info, outputs, signature), random: randomness.random, warnings },
    signature,
    forward: treeBinder(tree, signature.inputs, { explain: spec.boundsAreInferred ? explainBounds : undefined }),
    engine: nested(session, outputs, { leafOf: (leaf, i) => resultOf(leaf, spec.results.get(i)) }),
  };
}

/** What is no tensor in the model is none here: compiled code gives a tensor of rank 0 for an int. */
function resultOf(leaf: Value, result: PlainResult | undefined): Value {
  if (!result) return leaf;
  if (result.value !== undefined) return result.value;
  if (!(leaf instanceof Tensor)) return leaf;
  const item = leaf.item();
  return typeof item === 'bigint' && Number.isSafeInteger(Number(item)) ? Number(item) : item;
}

/** LibTorch reads an unpacked folder from 2.15 on; an older one gets the package, whose bytes and names were checked. */
async function place(
  { native }: StartedAddon,
  { files }: CheckedPackage,
  bytes: Buffer,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const unpacked = join(folder, unpackedFolder);
  await mkdir(unpacked, { mode: 0o700 });
  if (files.blob) await unpack(files.archive, new Map([[blobFile, files.blob]]), unpacked, signal);
  if (compareDotted(native.libtorch.version, '2.15.0') >= 0) {
    await unpack(files.archive, files.files, unpacked, signal);
    return unpacked;
  }
  // Of an older one's own copy nobody knows the folder.
  const weights = new Map([...files.files].filter(([path]) => /^data\/(?:weights|constants)\//.test(path)));
  await unpack(files.archive, weights, unpacked, signal);
  const path = join(folder, 'package.pt2');
  await writeFile(path, bytes, { flag: 'wx', mode: 0o600, ...(signal && { signal }) });
  return path;
}

/** The given signature's names, where the package's own are made up. */
function named(spec: PackageSpec, given: Signature | undefined): PackageSpec {
  if (!spec.namesAreMadeUp || given?.inputs.length !== spec.inputs.length) return spec;
  const inputs = spec.inputs.map((input, i) => ({ ...input, name: given.inputs[i]?.name ?? input.name }));
  return { ...spec, inputs };
}

function signatureFor(spec: PackageSpec, given: Signature | undefined): Signature {
  const own = packageSignature(spec);
  const artifact = spec.outputs ? own : { ...own, outputs: given?.outputs ?? [] };
  return reconcile(artifact, given) as Signature;
}

/** The addon knows of a flat list of tensors only. */
function withResult(info: ModelInfo, tree: Tree, { outputs }: Signature): ModelInfo {
  const result = resultType(
    tree,
    outputs.map(({ name }) => name),
    outputs.map(({ type = 'Tensor' }) => type),
  );
  return { ...info, methods: info.methods.map((method) => ({ ...method, returns: [result] })) };
}

/** Bounds of the wrapper's source may be narrower than those that were exported, and nothing in the package says so. */
function explainBounds(message: string): string {
  return (
    `${message}; the sizes are those of a check that PyTorch wrote into the package's source, which may allow less than was exported: ` +
    'export with scripts/export/node_libtorch_export.py, or give a signature whose bounds are those of the export (docs/aotinductor.md)'
  );
}

function explained(error: unknown): unknown {
  const text = isError(error) ? error.message : '';
  if (!/failed to map segment|Operation not permitted/.test(text)) return error;
  return torchError(
    'ERR_MODEL_LOAD',
    'Expected a folder for temporary files from which code may be run, but the system refuses to (noexec); NODE_LIBTORCH_TMPDIR names another',
    { cause: error },
  );
}
