/** A record's signature: what the file says, what was stated, and what the runs showed. */
import { expected, torchError, type TorchError } from '../../errors.js';
import type { Signature, TensorSpec } from '../../signature/spec.js';
import { acceptsTensor } from '../../signature/torch-type.js';
import { formatShape } from '../../tensor/shape.js';
import type { RunReport, SeenTensor } from '../admission/messages.js';
import type { ModelRecord } from '../model-record.js';
import type { SignatureParts, SpecPart } from './options.js';

type RecordSignature = ModelRecord['signature'];
type Spec = RecordSignature['inputs'][number];
type Sides = Pick<Signature, 'inputs' | 'outputs'>;

/**
 * What the file says, with what was stated beside it. Nothing is compared here: loading holds the result against the file.
 * @param own what the file says; undefined where it says nothing
 */
export function withParts(own: Sides | undefined, parts: SignatureParts): Sides {
  return {
    inputs: merged(own?.inputs ?? [], parts.inputs ?? [], 'input'),
    outputs: merged(own?.outputs ?? [], parts.outputs ?? [], 'output'),
  };
}

/** Parts that say so much that nobody has to be asked for more. */
export function wholeParts({ inputs = [], outputs = [] }: SignatureParts): Signature | undefined {
  if (inputs.length === 0 || !inputs.every(isWhole)) return undefined;
  return { inputs, outputs: outputs.every(isWhole) ? outputs : [] };
}

function isWhole(spec: SpecPart): spec is TensorSpec {
  return spec.name !== undefined && spec.dtype !== undefined && spec.shape !== undefined;
}

function merged(own: readonly TensorSpec[], parts: readonly SpecPart[], what: string): TensorSpec[] {
  const known = new Map(own.map((spec, i) => [spec.name, i]));
  // Names that the file does not have are other names for what it has, in its order.
  const isByName = parts.every(({ name }) => name === undefined || known.has(name));
  const result: TensorSpec[] = [...own];
  for (const [place, part] of parts.entries()) {
    const i = isByName && part.name !== undefined ? (known.get(part.name) as number) : place;
    const base = result[i] ?? { name: parts.length === 1 ? what : `${what}_${i}`, dtype: null, shape: null };
    const { type: _type, ...untyped } = base;
    // A part that says dtype or shape is a tensor: it may be one of those in a dictionary.
    const isTensorPart = part.type === undefined && (part.dtype ?? part.shape ?? null) !== null;
    result[i] = { ...(isTensorPart && what === 'output' ? untyped : base), ...part };
  }
  return result;
}

/** What is to be recorded, and what a reader should know of how it came about. */
export interface CompleteSignature {
  readonly signature: RecordSignature;
  readonly warnings: readonly string[];
}

/**
 * @param own of the loaded model: the file's and what was stated
 * @param stated that alone
 * @throws ERR_SIGNATURE_MISMATCH where the runs contradict it; ERR_INVALID_ARGUMENT naming what is missing
 */
export function completeSignature(
  own: Signature,
  stated: SignatureParts,
  report: RunReport | undefined,
): CompleteSignature {
  const warnings: string[] = [];
  const inputs = own.inputs.map((spec, i) => {
    const ran = report?.inputs[i];
    if (!ran || !isTensor(spec) || (spec.dtype !== null && spec.shape !== null)) return recorded(spec);
    warnings.push(`${spec.shape === null ? 'the shape' : 'the dtype'} of input ${spec.name} is that of the example`);
    return recorded({ ...spec, dtype: spec.dtype ?? ran.dtype, shape: spec.shape ?? ran.shape });
  });
  const outputs = completeOutputs(own.outputs, stated.outputs ?? [], report).map(recorded);
  requireSaid('input', inputs);
  requireSaid('output', outputs);
  return { signature: { inputs, outputs }, warnings };
}

function completeOutputs(
  own: readonly TensorSpec[],
  stated: readonly SpecPart[],
  report: RunReport | undefined,
): readonly TensorSpec[] {
  const seen = report?.outputs;
  if (!seen) return own;
  // What is in a list or a dictionary shows in a run alone.
  const isOpen = own.length === 0 || own.some(({ type }) => type !== undefined);
  if (isOpen && stated.length === 0) {
    return seen.map((tensor, i) =>
      withSeen({ name: nameOf(tensor, i, seen.length), dtype: null, shape: null }, tensor),
    );
  }
  const stranger = seen.find(({ name }) => name !== undefined && !own.some((spec) => spec.name === name));
  if (own.length !== seen.length || stranger) {
    throw mismatch(`the outputs ${own.map(({ name }) => name).join(', ')}`, stranger?.name ?? `${seen.length} tensors`);
  }
  return own.map((spec, i) => withSeen(spec, seen.find(({ name }) => name === spec.name) ?? (seen[i] as SeenTensor)));
}

const nameOf = ({ name }: SeenTensor, i: number, count: number): string =>
  name ?? (count === 1 ? 'output' : `output_${i}`);

/** @throws ERR_SIGNATURE_MISMATCH */
function withSeen(spec: TensorSpec, { dtype, shape }: SeenTensor): TensorSpec {
  if (spec.dtype !== null && spec.dtype !== dtype) throw mismatch(`${spec.dtype} for output ${spec.name}`, dtype);
  if (spec.shape === null) return { ...spec, dtype, shape };
  const fits =
    spec.shape.length === shape.length &&
    spec.shape.every((size, axis) => size === null || shape[axis] === null || shape[axis] === size);
  if (fits) return { ...spec, dtype };
  throw mismatch(`shape ${formatShape(spec.shape)} for output ${spec.name}`, formatShape(shape));
}

/** The size of the last dimension of the first output, where the runs showed one and the file leaves it open. */
export function withLastSize({ inputs, outputs }: RecordSignature, report: RunReport | undefined): RecordSignature {
  const [first, ...others] = outputs;
  const size = report?.outputs?.[0]?.shape.at(-1);
  if (!first?.shape || first.shape.at(-1) !== null || typeof size !== 'number') return { inputs, outputs };
  const { bounds, ...rest } = first;
  const shape = [...first.shape.slice(0, -1), size];
  const left = bounds?.map((bound, axis) => (axis === shape.length - 1 ? null : bound));
  return { inputs, outputs: [{ ...rest, shape, ...(left && { bounds: left }) }, ...others] };
}

/** As JSON can hold it. */
function recorded({ bounds, ...spec }: TensorSpec): Spec {
  const finite = bounds?.map((bound) => {
    if (!bound || (bound.min <= 0 && bound.max === Infinity)) return null;
    return { min: bound.min, max: Math.min(bound.max, Number.MAX_SAFE_INTEGER) };
  });
  const isSaid = finite?.some((bound) => bound !== null);
  return { ...spec, ...(isSaid && finite && { bounds: finite }) };
}

const isTensor = ({ type }: Pick<TensorSpec, 'type'>): boolean => type === undefined || acceptsTensor(type);

/** @throws ERR_INVALID_ARGUMENT with everything that nobody has said, and how to say it */
function requireSaid(side: 'input' | 'output', specs: readonly Spec[]): void {
  if (specs.length === 0)
    throw expected(`at least one ${side}`, 'the signature of a record', `a model without ${side}s`);
  const open = specs.filter(({ type, dtype, shape }) => type === undefined && !(dtype !== null && shape !== null));
  if (open.length === 0) return;
  const names = open.map(({ name }) => name);
  const example = `${names[0]}:float32[?,784]`;
  const ways =
    side === 'input'
      ? `give it (--input '${example}', or the signature in --record FILE), or an example of the input (--example FILE)`
      : `give it (--output '${example}', or the signature in --record FILE), or an example to run the model on (--example FILE)`;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected a dtype and a shape for the ${side}${names.length > 1 ? 's' : ''} ${names.join(', ')}, which the file does not say: ${ways}`,
    {
      errors: open.map(({ name }) => ({
        pointer: `/signature/${side}s`,
        detail: `must say dtype and shape of ${name}`,
      })),
    },
  );
}

function mismatch(stated: string, got: string): TorchError {
  return torchError('ERR_SIGNATURE_MISMATCH', `Expected ${stated}, as it was stated, but the model returned ${got}`);
}
