import { checkTorchScriptArchive, type CheckedArchive } from './archive.js';
import type { Artifact } from '../../model/artifact.js';
import type { EngineModel } from '../../model/engine.js';
import { LoadedModel, type LoadedParts } from '../../model/loaded-model.js';
import { checkThreads, type ResolvedLoadOptions } from '../../model/options.js';
import type { ArtifactSource } from '../../model/source.js';
import { slabPool } from '../../model/collate.js';
import { reconcile } from '../../signature/reconcile.js';
import type { Signature } from '../../signature/spec.js';
import { schemaSignature } from '../../signature/torch-type.js';
import { startAddon, type StartedAddon } from './started-addon.js';
import { locateOperatorLibraries } from './operator-libraries.js';
import { requireCuda } from './require-cuda.js';
import { TorchSession } from './session.js';
import { signatureIn, withWritten } from './written-signature.js';

/** What every engine over LibTorch needs before it loads: LibTorch itself, the device, libraries of operators, the file. */
export interface TorchLoad {
  readonly started: StartedAddon;
  readonly artifact: Artifact;
  readonly options: ResolvedLoadOptions;
}

/** @throws what finding LibTorch throws, ERR_INVALID_ARGUMENT, ERR_DEVICE_UNAVAILABLE, ERR_OPERATOR_LIBRARY, as readArtifact */
export async function prepareTorchLoad(source: ArtifactSource, options: ResolvedLoadOptions): Promise<TorchLoad> {
  const started = await startAddon(options.instances);
  checkThreads(started.threads.intraOp, options.instances);
  requireCuda(options.device, started.native.libtorch);
  const operatorLibraries = await locateOperatorLibraries(options.operatorLibraries);
  const { addon } = started;
  const artifact = await source.read({
    allocate: (bytes) => addon.allocateArtifact(bytes),
    release: (buffer) => {
      addon.releaseArtifact(buffer);
    },
    sha256: options.sha256,
    signal: options.signal,
  });
  return { started, artifact, options: { ...options, operatorLibraries } };
}

/** Loads a TorchScript file. @throws as loadModel */
export async function loadTorchScript(from: ArtifactSource, given: ResolvedLoadOptions): Promise<LoadedModel> {
  const { started, artifact, options } = await prepareTorchLoad(from, given);
  const { session, extraFiles, warning, written } = await openTorchScript({ started, artifact, options }).finally(
    artifact.release,
  );
  return modelOf(started, session, () => {
    const { info: own } = session;
    const warnings = warning === undefined ? own.warnings : [...own.warnings, warning];
    const info = { ...own, warnings, ...(extraFiles.length > 0 && { extraFiles }) };
    const signature = reconcile(withWritten(schemaSignature(info.methods), written), options.signature, {
      mayRename: true,
    });
    return { info, signature, survivesZero: true };
  });
}

interface Opened extends Pick<CheckedArchive, 'extraFiles'> {
  readonly session: TorchSession;
  readonly warning: string | undefined;
  /** What the file says of its forward, beside its code. */
  readonly written: Signature | undefined;
}

async function openTorchScript({ started, artifact, options }: TorchLoad): Promise<Opened> {
  const { extraFiles, notes } = await checkTorchScriptArchive(Buffer.from(artifact.bytes));
  options.signal?.throwIfAborted();
  const written = notes.text === undefined ? undefined : signatureIn(notes.text);
  const session = await TorchSession.open({ started, artifact, options, source: { bytes: artifact.bytes } });
  return { session, extraFiles, warning: notes.warning, written };
}

/** The model around a session; the session is freed again where `describe` refuses it. */
export async function modelOf(
  { addon }: StartedAddon,
  session: TorchSession,
  describe: () => Pick<LoadedParts, 'info' | 'signature' | 'forward' | 'survivesZero'> & {
    readonly engine?: EngineModel;
  },
): Promise<LoadedModel> {
  try {
    const parts = describe();
    const slabs = slabPool(
      (bytes) => addon.allocateBytes(bytes),
      (slab) => addon.isFree(slab),
    );
    return new LoadedModel({ engine: session, slabs, inlineOff: session.inlineOff, ...parts });
  } catch (error) {
    await session.free();
    throw error;
  }
}
