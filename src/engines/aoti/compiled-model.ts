import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareVersions } from '../../libtorch/platform.js';
import { torchError } from '../../errors.js';
import type { ModelInfo } from '../../model/info.js';
import type { RunOptions } from '../../model/options.js';
import type { Signature } from '../../signature/spec.js';
import type { Artifact } from '../../model/artifact.js';
import type { Placement, SubmissionHooks } from '../../model/base.js';
import type { Engine } from '../torch/engine.js';
import type { Execution } from '../../model/model.js';
import type { ResolvedLoadOptions } from '../../model/options.js';
import { reconcile } from '../../signature/reconcile.js';
import { TorchModel, type Loaded } from '../torch/torch-model.js';
import type { Arguments, Value } from '../../tensor/value.js';
import { InputTree } from './input-tree.js';
import { signatureOf, type PackageSpec } from './input-spec.js';
import { nativePackage, openPackage, type CheckedPackage } from './check-package.js';
import { PrivateFolder } from './private-folder.js';
import { countLeaves, parseCallSpec, resultType, unflattenValue, type Tree } from '../../signature/pytree.js';
import { unpack } from './unpack.js';

/** A compiled package (.pt2). Its code takes and gives flat lists of tensors; what callers see is nested as the model is. */
export class CompiledModel extends TorchModel {
  readonly #folder: PrivateFolder;
  readonly #inputs: InputTree;
  readonly #outputs: Tree;

  private constructor(loaded: Loaded, spec: PackageSpec, signature: Signature, folder: PrivateFolder) {
    super({ ...loaded, signature });
    this.#folder = folder;
    const [inputs, outputs] = loaded.callSpec as [string, string];
    const names = spec.inputs.map(({ name }) => name);
    this.#inputs = new InputTree(parseCallSpec(inputs), spec.parameters, names, spec.constants);
    this.#outputs = parseCallSpec(outputs);
    if (spec.outputs && spec.outputs.length !== countLeaves(this.#outputs)) {
      throw torchError(
        'ERR_MODEL_FORMAT',
        'Expected as many outputs in the package’s signature as in its call specification',
      );
    }
  }

  /**
   * Checks a package, unpacks it into a folder that is removed with the model, and opens it there.
   * @throws as loadModel; nothing is left behind then
   */
  static async open(engine: Engine, artifact: Artifact, options: ResolvedLoadOptions): Promise<CompiledModel> {
    const { signal, signature: given } = options;
    const bytes = Buffer.from(artifact.bytes);
    const checked = await openPackage(bytes, given);
    const spec = named(checked.spec, given);
    const signature = signatureFor(spec, given);
    signal?.throwIfAborted();
    const folder = await PrivateFolder.create(engine.addon);
    const freed = (): Promise<void> => folder.remove();
    let path: string;
    try {
      path = await place(engine, checked, bytes, folder.path, signal);
      signal?.throwIfAborted();
    } catch (error) {
      await freed();
      throw error;
    }
    const native = { bytes: new ArrayBuffer(0), package: nativePackage({ ...checked, spec }, path) };
    try {
      return await TorchModel.bringUp(engine, artifact, options, native, freed, (loaded) => {
        const info = withResult(loaded, signature);
        return new CompiledModel({ ...loaded, info, warnings: spec.warnings }, spec, signature, folder);
      });
    } catch (error) {
      throw explained(error);
    }
  }

  protected override flatten(args: Arguments): readonly Value[] {
    return this.#inputs.flatten(args);
  }

  protected override async start(
    method: string,
    args: Arguments,
    options: RunOptions,
    placement: Placement,
    hooks: SubmissionHooks,
  ): Promise<Execution> {
    const { value, timings } = await super.start(method, args, options, placement, hooks);
    return { value: unflattenValue(this.#outputs, (value as readonly Value[])[Symbol.iterator]()), timings };
  }

  protected override async free(): Promise<void> {
    await super.free();
    await this.#folder.remove();
  }
}

/** LibTorch reads an unpacked folder from 2.15 on; an older one gets the package, whose bytes and names were checked. */
async function place(
  { native }: Engine,
  { files }: CheckedPackage,
  bytes: Buffer,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (compareVersions(native.libtorch.version, '2.15.0') >= 0) {
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
  const own = signatureOf(spec);
  const artifact = spec.outputs ? own : { ...own, outputs: given?.outputs ?? [] };
  return reconcile(artifact, given) as Signature;
}

/** The engine knows of a flat list of tensors only. */
function withResult({ info, callSpec }: Loaded, { outputs }: Signature): ModelInfo {
  const result = resultType(
    parseCallSpec(callSpec[1] as string),
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
