import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
import { compareDotted } from '../../libtorch/version.js';
import type { EngineModel } from '../../model/engine.js';
import type { ModelInfo } from '../../model/info.js';
import type { LoadedModel } from '../../model/loaded-model.js';
import type { ResolvedLoadOptions } from '../../model/options.js';
import type { ArtifactSource } from '../../model/source.js';
import { countLeaves, parseCallSpec, resultType, unflattenValue, type Tree } from '../../signature/pytree.js';
import { reconcile } from '../../signature/reconcile.js';
import type { Signature } from '../../signature/spec.js';
import type { Value } from '../../tensor/value.js';
import type { StartedAddon } from '../torch/started-addon.js';
import { modelOf, prepareTorchLoad } from '../torch/load.js';
import { TorchSession } from '../torch/session.js';
import { checkPackage, nativePackage, type CheckedPackage } from './check-package.js';
import { InputTree, treeBinder } from './input-tree.js';
import { packageSignature, type PackageSpec } from './input-spec.js';
import { PrivateFolder } from './private-folder.js';
import { unpack } from './unpack.js';

/**
 * Loads a compiled package (.pt2). Its code takes and gives flat lists of tensors; what callers see is nested as the
 * model is. The package is checked, unpacked into a folder that is removed with the model, and opened there.
 * @throws as loadModel; nothing is left behind then
 */
export async function loadCompiledPackage(from: ArtifactSource, given: ResolvedLoadOptions): Promise<LoadedModel> {
  const { started, artifact, options } = await prepareTorchLoad(from, given);
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
  const source = { bytes: new ArrayBuffer(0), package: nativePackage({ ...checked, spec }, path) };
  try {
    const session = await TorchSession.open({ started, artifact, options, source, freed });
    return await modelOf(started, session, () => described(session, spec, signature));
  } catch (error) {
    throw explained(error);
  }
}

function described(session: TorchSession, spec: PackageSpec, signature: Signature) {
  const [inputs, outputs] = session.callSpec.map(parseCallSpec) as [Tree, Tree];
  if (spec.outputs && spec.outputs.length !== countLeaves(outputs)) {
    throw torchError(
      'ERR_MODEL_FORMAT',
      'Expected as many outputs in the package’s signature as in its call specification',
    );
  }
  const names = spec.inputs.map(({ name }) => name);
  const tree = new InputTree(inputs, spec.parameters, names, spec.constants);
  const warnings = [...session.info.warnings, ...spec.warnings];
  return {
    info: { ...withResult(session.info, outputs, signature), warnings },
    signature,
    forward: treeBinder(tree, signature.inputs),
    engine: nesting(session, outputs),
  };
}

/** The session, whose flat results are nested again. */
function nesting(session: TorchSession, outputs: Tree): EngineModel {
  return {
    async run(run) {
      const { value, timings } = await session.run(run);
      return { value: unflattenValue(outputs, (value as readonly Value[])[Symbol.iterator]()), timings };
    },
    busy: () => session.busy(),
    free: () => session.free(),
  };
}

/** LibTorch reads an unpacked folder from 2.15 on; an older one gets the package, whose bytes and names were checked. */
async function place(
  { native }: StartedAddon,
  { files }: CheckedPackage,
  bytes: Buffer,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (compareDotted(native.libtorch.version, '2.15.0') >= 0) {
    const path = join(folder, 'package');
    await mkdir(path, { mode: 0o700 });
    await unpack(files.archive, files.files, path, signal);
    return path;
  }
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
  );
  return { ...info, methods: info.methods.map((method) => ({ ...method, returns: [result] })) };
}

function explained(error: unknown): unknown {
  const text = error instanceof Error ? error.message : '';
  if (!/failed to map segment|Operation not permitted/.test(text)) return error;
  return torchError(
    'ERR_MODEL_LOAD',
    'Expected a folder for temporary files from which code may be run, but the system refuses to (noexec); NODE_LIBTORCH_TMPDIR names another',
    { cause: error },
  );
}
