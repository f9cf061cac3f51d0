import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isError, torchError } from '../../errors.js';
import { compareDotted } from '../../libtorch/version.js';
import { countLeaves, parseCallSpec, resultType, unflattenValue } from '../../signature/pytree.js';
import { reconcile } from '../../signature/reconcile.js';
import { Tensor } from '../../tensor/tensor.js';
import { modelOf, prepareTorchLoad } from '../torch/load.js';
import { TorchSession } from '../torch/session.js';
import { blobFile, checkPackage, nativePackage } from './check-package.js';
import { InputTree, treeBinder } from './input-tree.js';
import { packageSignature } from './input-spec.js';
import { PrivateFolder } from './private-folder.js';
import { unpack } from './unpack.js';
/** In the private folder. */
const unpackedFolder = 'package';
/**
 * Loads a compiled package (.pt2). Its code takes and gives flat lists of tensors; what callers see is nested as the
 * model is. The package is checked, unpacked into a folder that is removed with the model, and opened there.
 * @throws as loadModel; nothing is left behind then
 */
export async function loadCompiledPackage(from, given) {
    const { started, artifact, options } = await prepareTorchLoad(from, given);
    try {
        return await loadArtifact({ started, artifact, options });
    }
    finally {
        artifact.release();
    }
}
async function loadArtifact({ started, artifact, options }) {
    const { signal } = options;
    const bytes = Buffer.from(artifact.bytes);
    const checked = await checkPackage(bytes, options.signature);
    const spec = named(checked.spec, options.signature);
    const signature = signatureFor(spec, options.signature);
    signal?.throwIfAborted();
    const folder = await PrivateFolder.create(started.addon);
    const freed = () => folder.remove();
    let path;
    try {
        path = await place(started, checked, bytes, folder.path, signal);
        signal?.throwIfAborted();
    }
    catch (error) {
        await freed();
        throw error;
    }
    artifact.release();
    const unpacked = join(folder.path, unpackedFolder);
    const source = { bytes: new ArrayBuffer(0), package: nativePackage({ ...checked, spec }, path, unpacked) };
    try {
        const session = await TorchSession.open({ started, artifact, options, source, freed });
        return await modelOf(started, session, () => described(session, spec, signature, checked.randomness));
    }
    catch (error) {
        throw explained(error);
    }
}
function described(session, spec, signature, randomness) {
    const [inputs, outputs] = session.callSpec.map(parseCallSpec);
    if (spec.outputs && spec.outputs.length !== countLeaves(outputs)) {
        throw torchError('ERR_MODEL_FORMAT', 'Expected as many outputs in the package’s signature as in its call specification');
    }
    const names = spec.inputs.map(({ name }) => name);
    const tree = new InputTree(inputs, spec.parameters, names, spec.constants);
    const warnings = [...session.info.warnings, ...spec.warnings, ...randomness.warnings];
    return {
        info: { ...withResult(session.info, outputs, signature), random: randomness.random, warnings },
        signature,
        forward: treeBinder(tree, signature.inputs, spec.boundsAreInferred ? explainBounds : undefined),
        engine: nesting(session, outputs, spec.results),
    };
}
/** The session, whose flat results are nested again. */
function nesting(session, outputs, results) {
    return {
        async run(run) {
            const { value, timings } = await session.run(run);
            const leaves = value.map((leaf, i) => resultOf(leaf, results.get(i)));
            return { value: unflattenValue(outputs, leaves[Symbol.iterator]()), timings };
        },
        busy: () => session.busy(),
        free: () => session.free(),
    };
}
/** What is no tensor in the model is none here: compiled code gives a tensor of rank 0 for an int. */
function resultOf(leaf, result) {
    if (!result)
        return leaf;
    if (result.value !== undefined)
        return result.value;
    if (!(leaf instanceof Tensor))
        return leaf;
    const item = leaf.item();
    return typeof item === 'bigint' && Number.isSafeInteger(Number(item)) ? Number(item) : item;
}
/** LibTorch reads an unpacked folder from 2.15 on; an older one gets the package, whose bytes and names were checked. */
async function place({ native }, { files }, bytes, folder, signal) {
    const unpacked = join(folder, unpackedFolder);
    await mkdir(unpacked, { mode: 0o700 });
    if (files.blob)
        await unpack(files.archive, new Map([[blobFile, files.blob]]), unpacked, signal);
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
function named(spec, given) {
    if (!spec.namesAreMadeUp || given?.inputs.length !== spec.inputs.length)
        return spec;
    const inputs = spec.inputs.map((input, i) => ({ ...input, name: given.inputs[i]?.name ?? input.name }));
    return { ...spec, inputs };
}
function signatureFor(spec, given) {
    const own = packageSignature(spec);
    const artifact = spec.outputs ? own : { ...own, outputs: given?.outputs ?? [] };
    return reconcile(artifact, given);
}
/** The addon knows of a flat list of tensors only. */
function withResult(info, tree, { outputs }) {
    const result = resultType(tree, outputs.map(({ name }) => name), outputs.map(({ type = 'Tensor' }) => type));
    return { ...info, methods: info.methods.map((method) => ({ ...method, returns: [result] })) };
}
/** Bounds of the wrapper's source may be narrower than those that were exported, and nothing in the package says so. */
function explainBounds(message) {
    return (`${message}; the sizes are those of a check that PyTorch wrote into the package's source, which may allow less than was exported: ` +
        'export with scripts/export/node_libtorch_export.py, or give a signature whose bounds are those of the export (docs/aotinductor.md)');
}
function explained(error) {
    const text = isError(error) ? error.message : '';
    if (!/failed to map segment|Operation not permitted/.test(text))
        return error;
    return torchError('ERR_MODEL_LOAD', 'Expected a folder for temporary files from which code may be run, but the system refuses to (noexec); NODE_LIBTORCH_TMPDIR names another', { cause: error });
}
