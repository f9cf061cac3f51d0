/** Whether a version can stand in for another: it takes all that the other takes, and gives what the other gives. */
import { torchError } from '../../errors.js';
import { describeSpec, type Dimension, type Signature, type TensorSpec } from '../../signature/spec.js';
import { labelsOf } from '../../tasks/kinds/index.js';
import type { ServedModel } from '../served-model.js';

type Comparable = Pick<ServedModel, 'signature' | 'task' | 'model'>;

/** What differs, in words: at most a few; none where nobody says what one of them takes. */
export function differences(stable: Comparable, canary: Comparable): readonly string[] {
  const found = [...ofSignatures(stable, canary), ...ofTasks(stable, canary)];
  return found.slice(0, 8);
}

/**
 * Runs beside the requests would change what a model that keeps state answers to others, and say nothing of one whose answers
 * depend on what came before.
 * @throws ERR_CANARY
 */
export function requireComparable(...models: readonly ServedModel[]): void {
  const kept = models.find(({ model }) => model.info.stateful);
  if (!kept) return;
  throw torchError(
    'ERR_CANARY',
    `Expected versions without state, which maxDisagreement can compare, but ${kept.name} ${kept.version} keeps some ` +
      `(${kept.model.info.statefulReason ?? 'its engine says so'}): leave maxDisagreement out`,
  );
}

function* ofSignatures(stable: Comparable, canary: Comparable): Generator<string> {
  const [one, other] = [stable.signature, canary.signature];
  if (one && other) {
    yield* ofInputs(one, other);
    yield* ofOutputs(one, other);
    return;
  }
  // Files without a record: the method itself says little, but not nothing.
  const [takes, mayTake] = [stable, canary].map(({ model }) => forwardOf(model));
  if (takes !== undefined && mayTake !== undefined && takes !== mayTake) {
    yield `forward takes (${mayTake}), not (${takes})`;
  }
}

function forwardOf({ info }: Comparable['model']): string | undefined {
  const forward = info.methods.find(({ name }) => name === 'forward');
  return forward?.args.map(({ name, type }) => `${name}: ${type}`).join(', ');
}

function* ofInputs({ inputs: stable }: Signature, { inputs: canary }: Signature): Generator<string> {
  for (const [place, spec] of stable.entries()) {
    const own = canary[place];
    if (!own) yield `it takes no input ${spec.name}`;
    else if (own.name !== spec.name) yield `input ${place} is ${own.name}, not ${spec.name}`;
    else if (!takes(own, spec))
      yield `input ${spec.name} is ${describeSpec(own)}, which does not take all of ${describeSpec(spec)}`;
  }
  for (const { name, optional } of canary.slice(stable.length)) if (!optional) yield `it needs an input ${name}`;
}

function* ofOutputs({ outputs: stable }: Signature, { outputs: canary }: Signature): Generator<string> {
  if (stable.length !== canary.length) {
    yield `it gives ${canary.length} outputs, not ${stable.length}`;
    return;
  }
  for (const [place, spec] of stable.entries()) {
    const own = canary[place] as TensorSpec;
    if (own.name !== spec.name) yield `output ${place} is ${own.name}, not ${spec.name}`;
    else if (!isSameType(own, spec) || !covers(spec.shape, own.shape))
      yield `output ${spec.name} is ${describeSpec(own)}, not ${describeSpec(spec)}`;
  }
}

function* ofTasks({ task: stable }: Comparable, { task: canary }: Comparable): Generator<string> {
  if (stable?.type !== canary?.type) {
    yield `its task is ${canary?.type ?? 'none'}, not ${stable?.type ?? 'none'}`;
    return;
  }
  if (!stable || !canary) return;
  const [labels, own] = [labelsOf(stable), labelsOf(canary)];
  const at = labels?.findIndex((label, place) => label !== own?.[place]) ?? -1;
  if (labels?.length !== own?.length) yield `it has ${own?.length ?? 0} labels, not ${labels?.length ?? 0}`;
  else if (at >= 0) yield `its label ${at} is another one`;
  if (stable.image && !canary.image) yield 'its task does not say how images become its input';
}

/** Whether an input takes all that another one takes. */
function takes(own: TensorSpec, other: TensorSpec): boolean {
  if (!isSameType(own, other) || !covers(own.shape, other.shape)) return false;
  if (own.optional !== true && other.optional === true) return false;
  const inRange = !own.range || (other.range && own.range[0] <= other.range[0] && own.range[1] >= other.range[1]);
  const inBounds = (own.bounds ?? []).every((bound, axis) => {
    const size = other.shape?.[axis];
    const within =
      typeof size === 'number' ? { min: size, max: size } : (other.bounds?.[axis] ?? { min: 0, max: Infinity });
    return bound === null || (bound.min <= Math.max(within.min, 1) && bound.max >= within.max);
  });
  return inRange === true && inBounds;
}

function isSameType(own: TensorSpec, other: TensorSpec): boolean {
  if (own.dtype !== other.dtype && own.dtype !== null) return false;
  return own.type === other.type || own.type === undefined || other.type === undefined;
}

/** Whether each size of a shape may be what the other says. */
function covers(wide: readonly Dimension[] | null, narrow: readonly Dimension[] | null): boolean {
  if (wide === null) return true;
  return (
    narrow?.length === wide.length && wide.every((size, axis) => size === null || size === (narrow[axis] as Dimension))
  );
}
