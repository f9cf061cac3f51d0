import { torchError } from '../../errors.js';
import type { ModelInfo } from '../../model/info.js';
import type { LoadedModel } from '../../model/loaded-model.js';
import type { ResolvedLoadOptions } from '../../model/options.js';
import type { ArtifactSource } from '../../model/source.js';
import { resultType } from '../../signature/pytree.js';
import { reconcile } from '../../signature/reconcile.js';
import type { Signature } from '../../signature/spec.js';
import { InputTree, treeBinder } from '../pt2/input-tree.js';
import { nested } from '../pt2/results.js';
import { modelOf, prepareTorchLoad } from '../torch/load.js';
import { TorchSession } from '../torch/session.js';
import { callCheck } from './call-check.js';
import { namesIn } from './notes.js';
import { nativeProgram, readExportedPackage } from './package.js';
import { readProgram, type Program, type ProgramDescription, type ProgramNames } from './program.js';

/**
 * Loads an exported program (.pt2), which is data: the archive is checked, and the addon reads the graph and takes the weights
 * from the file's own bytes. What a call gives is checked by what the file says before anything runs.
 * @throws as loadModel
 */
export async function loadExportedProgram(from: ArtifactSource, given: ResolvedLoadOptions): Promise<LoadedModel> {
  const { started, artifact, options } = await prepareTorchLoad(from, given);
  try {
    const bytes = Buffer.from(artifact.bytes);
    const found = await readExportedPackage(bytes);
    const names = namesIn(found, bytes);
    options.signal?.throwIfAborted();
    const source = { bytes: artifact.bytes, program: nativeProgram(found) };
    const session = await TorchSession.open({ started, artifact, options, source });
    const warnings = found.holdsCompiled ? [compiledToo] : [];
    return await modelOf(started, session, () => described(session, names, options.signature, warnings));
  } finally {
    artifact.release();
  }
}

const compiledToo =
  'The package has compiled code beside its exported program, which runs here; the engine aotinductor (--engine) runs that code';

function described(
  session: TorchSession,
  names: ProgramNames,
  given: Signature | undefined,
  warnings: readonly string[],
) {
  const program = readProgram(session.program as unknown as ProgramDescription, session.callSpec, names);
  const signature = reconcile(program.signature, given) as Signature;
  requireAllInputs(program, signature);
  const inputs = program.inputs.map(({ name }) => name);
  const tree = new InputTree(program.inputTree, program.parameters, inputs, program.constants);
  const { check, before, unknown } = callCheck(program);
  return {
    info: {
      ...session.info,
      methods: [forwardOf(program)],
      warnings: [...session.info.warnings, ...warnings, ...unknown.map(unknownGuard)],
    } satisfies ModelInfo,
    signature,
    forward: treeBinder(tree, signature.inputs, { check }),
    engine: nested(session, program.outputTree, { before }),
  };
}

const unknownGuard = (guard: string): string =>
  `A condition on the inputs, under which the program was exported, is not understood and not checked: ${guard.slice(0, 200)}`;

/** An exported program has no defaults but its constants. */
function requireAllInputs({ inputs }: Program, signature: Signature): void {
  if (signature.inputs.length === inputs.length) return;
  throw torchError(
    'ERR_SIGNATURE_MISMATCH',
    `Expected ${inputs.length} inputs, as the model says, but the given signature has ${signature.inputs.length}`,
  );
}

/** The addon knows of flat lists only. */
function forwardOf({ inputs, signature, outputTree, outputTypes }: Program): ModelInfo['methods'][number] {
  const outputs = signature.outputs.map(({ name }) => name);
  return {
    name: 'forward',
    args: inputs.map(({ name, kind }) => ({ name, type: kind === 'tensor' ? 'Tensor' : kind, hasDefault: false })),
    returns: [resultType(outputTree, outputs, outputTypes)],
  };
}
