import { describe, torchError } from '../../errors.js';
import type { NamedTensor, RequestedOutput } from '../../protocol/messages.js';
import type { TensorSpec } from '../../signature/spec.js';
import type { TorchType } from '../../signature/torch-type.js';
import type { Value } from '../../tensor/value.js';
import { classified, classesAsked } from './classification.js';
import { leavesOf, type Leaf } from './output-leaves.js';

/** How what `forward` returns becomes named tensors. */
export interface OutputNames {
  /** @throws ERR_INVALID_INPUT for an output that no run can have */
  check(requested: readonly RequestedOutput[]): void;
  /**
   * All outputs, or those that are asked for, in that order. A promise where classes are asked for: they are looked for in turns.
   * @throws ERR_INVALID_INPUT for a name that the answer has not, ERR_OUT_OF_RANGE for `classification`, ERR_BAD_OUTPUT for
   * what is no tensor, scalar or text
   */
  outputsOf(value: Value, requested?: readonly RequestedOutput[]): NamedOutputs | Promise<NamedOutputs>;
}

type NamedOutputs = readonly NamedTensor[];

/** What is known of the result of `forward` before a run. */
export interface ResultShape {
  readonly specs: readonly TensorSpec[];
  /** Its type, where the artifact says it. */
  readonly type: TorchType | undefined;
  /** Of the classes, where the task has them. */
  readonly labels: readonly string[] | undefined;
}

/**
 * Names of outputs: those of the signature; behind them the way to what is in a list or a dict, `output_1.0`; the keys alone where
 * the result is one dict. A request may also call them `OUTPUT__0` (by place), `RESULT`, `RESULT[0]` or `RESULT[key]`, as Triton
 * does. The name of a list or a dict stands for all that is in it.
 */
export function outputNames({ specs, type, labels }: ResultShape): OutputNames {
  // The number of tensors in a list or a dict shows only in a run.
  const isKnown = specs.length > 0 && specs.every((spec) => spec.type === undefined || !isOpen.test(spec.type));
  const labelsOf = (name: string): readonly string[] | undefined =>
    specs.find((spec) => spec.name === name)?.labels ?? (specs.length <= 1 ? labels : undefined);
  const named = (value: Value): readonly Named[] => {
    const { leaves, ...whole } = leavesOf(value, type, specs);
    const count = leaves.length;
    return leaves.map((leaf, i) => Object.assign({}, leaf, nameOf(leaf, i, { count, specs, ...whole })));
  };
  const chosen = (all: readonly Named[], requested: readonly RequestedOutput[]): readonly Choice[] => {
    const taken = new Set<Named>();
    return requested.flatMap((output) => {
      const found = findAll(output.name, all, specs);
      const twice = found.find((each) => taken.has(each));
      if (twice) throw askedTwice(output.name, twice.name);
      for (const each of found) taken.add(each);
      // The caller's own word for one output comes back; what is in a list or a dict has names of its own.
      return found.map((each) => ({ output, found: each, name: found.length === 1 ? output.name : each.name }));
    });
  };
  return {
    check(requested) {
      requireOnce(requested);
      if (isKnown) {
        const places = specs.map((spec, i) => ({
          name: spec.name,
          path: specs.length > 1 ? [String(i)] : [],
          ordinal: i,
        }));
        chosen(
          places.map((place) => ({ ...place, content: nothing })),
          requested,
        );
      }
      for (const output of requested) classesAsked(output);
    },
    outputsOf(value, requested) {
      const all = named(value);
      if (!requested || requested.length === 0) return all.map(({ name, content }) => ({ name, content }));
      const choices = chosen(all, requested);
      if (choices.every(({ output }) => classesAsked(output) === undefined)) return choices.map(answerOf);
      return classify(choices, labelsOf);
    },
  };
}

/** Types whose number of tensors is open; a class of the model's own, a NamedTuple say, is one too. */
const isOpen = /\b(?:List|Dict|Tuple|Any|__torch__)\b/;
const nothing = { shape: [], data: [] };

interface Named extends Leaf {
  readonly name: string;
  /** What `OUTPUT__` and its number call it by; undefined for what is in a part of the result. */
  readonly ordinal: number | undefined;
}

interface Choice {
  readonly output: RequestedOutput;
  readonly found: Named;
  readonly name: string;
}

const answerOf = ({ output: { parameters }, found: { content }, name }: Choice): NamedTensor => ({
  name,
  content,
  ...(parameters && { parameters }),
});

/** One after the other: each takes turns of the event loop. */
async function classify(
  choices: readonly Choice[],
  labelsOf: (name: string) => readonly string[] | undefined,
): Promise<NamedOutputs> {
  const done: NamedTensor[] = [];
  for (const choice of choices) {
    const { output, found } = choice;
    const most = classesAsked(output);
    const answer = answerOf(choice);
    done.push(
      most === undefined ? answer : { ...answer, content: await classified(found, most, labelsOf(found.name)) },
    );
  }
  return done;
}

function requireOnce(requested: readonly RequestedOutput[]): void {
  const names = requested.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw askedTwice(twice, twice);
}

function askedTwice(name: string, before: string) {
  const what = name === before ? `${describe(name)} twice` : `${describe(name)}, which is ${describe(before)}, twice`;
  return torchError('ERR_INVALID_INPUT', `Expected each output once but received ${what}`);
}

/** The output of a name, or all that are in the list or the dict of that name. */
function findAll(name: string, outputs: readonly Named[], specs: readonly TensorSpec[]): readonly Named[] {
  const own = outputs.find((output) => output.name === name);
  if (own) return [own];
  const ordinal = /^OUTPUT__(\d{1,4})$/.exec(name)?.[1];
  const place = ordinal === undefined ? undefined : outputs.find((output) => output.ordinal === Number(ordinal));
  if (place) return [place];
  const steps = /^RESULT((?:\[[^[\]]*\])*)$/.exec(name)?.[1];
  const way = steps === '' ? [] : steps?.slice(1, -1).split('][');
  const inside = way
    ? outputs.filter(({ path }) => way.every((step, i) => path[i] === step))
    : outputs.filter((output) => output.name.startsWith(`${name}.`));
  if (inside.length > 0) return inside;
  // The outputs of ONNX have names and a place.
  const counted = way?.length === 1 ? outputs.find((output) => String(output.ordinal) === way[0]) : undefined;
  if (counted) return [counted];
  // One list or dict is the whole result: its name in the metadata stands for all of it.
  if (specs.length === 1 && specs[0]?.name === name) return outputs;
  const known = [...new Set(outputs.map((output) => output.name))].join(', ');
  throw torchError('ERR_INVALID_INPUT', `Expected the outputs ${known || 'none'} but received ${describe(name)}`);
}

interface Naming {
  /** Of the leaves. */
  readonly count: number;
  /** Of a tuple; undefined where the result is one value. */
  readonly parts: number | undefined;
  readonly isDict: boolean;
  readonly specs: readonly TensorSpec[];
}

function nameOf({ path }: Leaf, i: number, { count, parts, isDict, specs }: Naming): Pick<Named, 'name' | 'ordinal'> {
  const way = path.join('.');
  if (parts !== undefined) {
    const [part, ...rest] = path as [string, ...string[]];
    const ordinal = rest.length === 0 ? Number(part) : undefined;
    if (specs.some(({ name }) => name === way)) return { name: way, ordinal };
    if (specs.length === parts) return { name: [specs[Number(part)]?.name, ...rest].join('.'), ordinal };
  }
  if (specs.some(({ name }) => name === way)) return { name: way, ordinal: i };
  // A compiled package's outputs are listed as its tensors come.
  if (specs.length === count && !isOpen.test(specs[i]?.type ?? '')) return { name: specs[i]?.name ?? way, ordinal: i };
  return { name: isDict ? way : [specs[0]?.name ?? 'output', ...path].join('.'), ordinal: i };
}
