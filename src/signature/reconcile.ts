import { describe, torchError } from '../errors.js';
import type { DimensionBounds, Signature, TensorSpec } from './spec.js';
import { fitsSpec } from '../tensor/shape.js';
import { formatSpecShape } from './spec.js';
import { acceptsTensor } from './torch-type.js';

export interface ReconcileOptions {
  /**
   * The artifact's names are those of a function's arguments and not of its data: others may be given, in the same order.
   * Names of its outputs are made up.
   */
  readonly mayRename?: boolean;
}

type Specs = readonly TensorSpec[];

/**
 * One signature out of what the artifact says of itself and what the caller or the registry record says of it. The given
 * one may narrow (a size where the artifact takes any), say what the artifact leaves open (null) and add (ranges), never
 * contradict. It may leave out inputs that the artifact has defaults for, and all outputs.
 * @throws ERR_SIGNATURE_MISMATCH
 */
export function reconcile(
  artifact: Signature | undefined,
  given: Signature | undefined,
  { mayRename = false }: ReconcileOptions = {},
): Signature | undefined {
  if (!artifact || !given) return given ?? artifact;
  const task = given.task ?? artifact.task;
  return {
    inputs: reconcileInputs(artifact.inputs, given.inputs, mayRename),
    outputs: reconcileOutputs(artifact.outputs, given.outputs, mayRename),
    ...(task && { task }),
  };
}

function reconcileInputs(own: Specs, given: Specs, mayRename: boolean): Specs {
  const named = given.map(({ name }) => own.findIndex((spec) => spec.name === name));
  const stranger = named.indexOf(-1);
  if (stranger !== -1 && !mayRename) throw mismatch(`inputs of the names ${names(own)}`, names(given));
  // The same call would mean different things by position and by name.
  if (stranger === -1 && named.some((position, i) => i > 0 && position < (named[i - 1] as number))) {
    throw mismatch(`the inputs in the order ${names(own)}`, names(given));
  }
  const positions = stranger === -1 ? named : given.map((_, i) => i);
  const leftOut = own.find(({ optional }, i) => !optional && !positions.includes(i));
  if (leftOut || given.length > own.length) throw mismatch(`the inputs ${names(own)}`, names(given) || 'none');
  return given.map((spec, i) => reconciled(own[positions[i] as number] as TensorSpec, spec));
}

function reconcileOutputs(own: Specs, given: Specs, mayRename: boolean): Specs {
  if (given.length === 0) return own;
  // How many tensors are in a dictionary or a list shows only in a run.
  if (mayRename && own.some(({ type }) => type !== undefined)) return given;
  if (own.length !== given.length) throw mismatch(`${own.length} outputs`, String(given.length));
  return given.map((spec, i) => {
    const { name } = own[i] as TensorSpec;
    if (!mayRename && name !== spec.name) throw mismatch(`the name ${name} for outputs[${i}]`, spec.name);
    return reconciled(own[i] as TensorSpec, spec);
  });
}

function reconciled(own: TensorSpec, given: TensorSpec): TensorSpec {
  const name = plain(given.name);
  const { type, ...rest } = own;
  if (given.optional && !own.optional) throw mismatch(`the required input ${name}`, 'an optional one');
  const fitsType = given.type === undefined ? type === undefined || acceptsTensor(type) : given.type === type;
  if (!fitsType) throw mismatch(`${type ?? 'a tensor'} for ${name}`, given.type ?? 'a tensor');
  if (own.dtype !== null && given.dtype !== null && own.dtype !== given.dtype) {
    throw mismatch(`dtype ${own.dtype} for ${name}`, given.dtype);
  }
  if (!fitsShape(own, given)) {
    throw mismatch(`shape ${formatSpecShape(own)} for ${name}`, formatSpecShape(given));
  }
  if (own.range && given.range && !(given.range[0] >= own.range[0] && given.range[1] <= own.range[1])) {
    throw mismatch(`a range within [${own.range.join(', ')}] for ${name}`, `[${given.range.join(', ')}]`);
  }
  const shape = given.shape ?? own.shape;
  const bounds = shape?.map((size, axis) =>
    size === null ? (given.bounds?.[axis] ?? own.bounds?.[axis] ?? null) : null,
  );
  const isBounded = bounds?.some((bound) => bound !== null);
  const { bounds: _own, ...ownRest } = rest;
  const { bounds: _given, ...givenRest } = given;
  return {
    ...ownRest,
    ...givenRest,
    dtype: given.dtype ?? own.dtype,
    shape,
    ...(isBounded && bounds && { bounds }),
  };
}

/** Whether the given shape allows nothing that the artifact's own does not. */
function fitsShape(own: TensorSpec, given: TensorSpec): boolean {
  if (!own.shape || !given.shape) return true;
  if (own.shape.length !== given.shape.length) return false;
  return given.shape.every((size, axis) => {
    const ownSize = own.shape?.[axis] ?? null;
    const bound = own.bounds?.[axis] ?? null;
    if (size !== null) return fitsSpec([size], { shape: [ownSize], bounds: [bound] });
    return ownSize === null && isWithin(given.bounds?.[axis] ?? null, bound);
  });
}

function isWithin(given: DimensionBounds | null, own: DimensionBounds | null): boolean {
  return !given || !own || (given.min >= own.min && given.max <= own.max);
}

const names = (specs: Specs): string => specs.map(({ name }) => plain(name)).join(', ');

/** A record's name may be anything; in quotes it begins no line of a message. */
const plain = (name: string): string => (/^[\w.:/-]{1,128}$/.test(name) ? name : describe(name));

function mismatch(expected: string, got: string) {
  return torchError(
    'ERR_SIGNATURE_MISMATCH',
    `Expected ${expected}, as the model says, but the given signature has ${got}`,
  );
}
