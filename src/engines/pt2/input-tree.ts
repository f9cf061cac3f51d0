import { describe, reworded, TorchError, torchError } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';
import { namedArguments, type Arguments, type Value } from '../../tensor/value.js';
import { inputChecks, type Binder, type BindOptions, type BoundArguments } from '../../signature/bind.js';
import type { TensorSpec } from '../../signature/spec.js';
import { countLeaves, flattenValue, halves, type Tree } from '../../signature/pytree.js';

/** What an engine adds to the binder of its models. */
export interface TreeBinding {
  /** Adds to the message for a shape that is refused. */
  readonly explain?: ((message: string) => string) | undefined;
  /** What else must hold of the leaves, once each fits its specification. It throws. */
  readonly check?: ((ordered: BoundArguments, options?: BindOptions) => void) | undefined;
}

/** A binder of arguments that are nested as the model takes them, or flat. */
export function treeBinder(
  tree: InputTree,
  inputs: readonly TensorSpec[],
  { explain, check: checkMore }: TreeBinding = {},
): Binder {
  const check = inputChecks(inputs);
  return {
    names: inputs.map(({ name }) => name),
    specs: inputs,
    takesContainer: tree.takesContainer,
    bind(args, options) {
      const ordered = tree.flatten(args);
      try {
        check(ordered, options);
      } catch (error) {
        if (!explain || !(error instanceof TorchError) || error.code !== 'ERR_INVALID_SHAPE') throw error;
        throw reworded(error, explain);
      }
      checkMore?.(ordered, options);
      return ordered;
    },
  };
}

/** How the arguments of a package's forward become the leaves that its code takes, in order: tensors, as a rule. */
export class InputTree {
  readonly #positional: readonly Tree[];
  readonly #named: ReadonlyMap<string, Tree>;
  readonly #parameters: readonly string[];
  /** Names of the leaves that are given. */
  readonly #names: readonly string[];
  readonly #constants: ReadonlyMap<number, number | boolean | string | null>;
  readonly #leaves: number;

  /**
   * @param parameters names of the positional arguments
   * @param names of the leaves that are given
   * @param constants values of the other leaves, by their place in the tree
   * @throws ERR_MODEL_FORMAT when tree and leaves do not agree
   */
  constructor(
    tree: Tree,
    parameters: readonly string[] | undefined,
    names: readonly string[],
    constants: ReadonlyMap<number, number | boolean | string | null>,
  ) {
    const { positional, named } = halves(tree);
    this.#positional = positional;
    this.#named = named;
    this.#parameters = positional.map((_, i) => parameters?.[i] ?? `input${i}`);
    this.#names = names;
    this.#constants = constants;
    this.#leaves = countLeaves(tree);
    if (this.#leaves === names.length + constants.size) return;
    throw torchError(
      'ERR_MODEL_FORMAT',
      `Expected ${names.length} input tensors and as many leaves in the package's call specification but received ${this.#leaves}: some ` +
        'are no tensors; scripts/export/node_libtorch_export.py writes down which',
    );
  }

  /** forward takes exactly one argument, and that is a list or a dict. */
  get takesContainer(): boolean {
    const [only, ...others] = [...this.#positional, ...this.#named.values()];
    return only !== undefined && others.length === 0 && only.kind !== 'leaf';
  }

  /**
   * The leaves in order, out of arguments that are nested as the model takes them, or flat: every leaf by position, or
   * by the names of the signature.
   * @throws ERR_INVALID_INPUT
   */
  flatten(args: Arguments): readonly Value[] {
    if (Array.isArray(args)) return this.#byPosition(args as readonly Value[]);
    const entries = Object.entries(namedArguments(args)).filter(([, value]) => value !== undefined);
    const given = new Map(entries as [string, Value][]);
    if (this.#names.length === given.size && this.#names.every((name) => given.has(name))) {
      return this.#names.map((name) => given.get(name) as Value);
    }
    return this.#byName(given);
  }

  #byPosition(args: readonly Value[]): readonly Value[] {
    if (args.length === this.#names.length && args.every(isLeaf)) return args;
    if (this.#needsNames) {
      throw input(`${this.#names.length} leaves by position, or every argument by name`, args);
    }
    const most = this.#positional.length;
    if (args.length > most || (args.length < most && !this.#mayEndAt(args.length))) {
      throw input(`the arguments ${this.#parameters.join(', ')}`, args);
    }
    return this.#withConstants((i) => args[i]);
  }

  #byName(given: ReadonlyMap<string, Value>): readonly Value[] {
    const known = [...this.#parameters, ...this.#named.keys()];
    const extra = [...given.keys()].find((name) => !known.includes(name));
    if (extra !== undefined) {
      throw input(`the arguments ${known.join(', ')} (or the tensors ${this.#names.join(', ')})`, extra);
    }
    return this.#withConstants((i) => given.get(String(known[i])));
  }

  /** Something by name cannot be left out. */
  get #needsNames(): boolean {
    if (this.#named.size === 0) return false;
    const before = this.#positional.reduce((sum, tree) => sum + countLeaves(tree), 0);
    return [...Array(this.#leaves - before).keys()].some((i) => !this.#constants.has(before + i));
  }

  /** Whether all positional arguments from there on are constants. */
  #mayEndAt(length: number): boolean {
    const [before, all] = [this.#positional.slice(0, length), this.#positional].map((trees) =>
      trees.reduce((sum, tree) => sum + countLeaves(tree), 0),
    ) as [number, number];
    return [...Array(all - before).keys()].every((i) => this.#constants.has(before + i));
  }

  /** What was compiled in need not be said again. */
  #withConstants(valueOf: (argument: number) => Value | undefined): Value[] {
    const leaves: Value[] = [];
    const trees = [...this.#positional, ...this.#named.values()];
    const names = [...this.#parameters, ...this.#named.keys()];
    for (const [i, tree] of trees.entries()) {
      const value = valueOf(i);
      const own = value === undefined ? this.#constantsOf(tree, leaves.length) : undefined;
      leaves.push(...(own ?? flattenValue(tree, value, names[i] as string)));
    }
    return this.#given(leaves);
  }

  /** The leaves of an argument that nobody gives; undefined where one of them is no constant. */
  #constantsOf(tree: Tree, from: number): Value[] | undefined {
    const places = [...Array(countLeaves(tree)).keys()].map((i) => from + i);
    if (!places.every((place) => this.#constants.has(place))) return undefined;
    return places.map((place) => this.#constants.get(place) as Value);
  }

  /** Leaves that are constants were compiled in: they must be what they were. */
  #given(leaves: readonly Value[]): Value[] {
    return leaves.filter((value, i) => {
      if (!this.#constants.has(i)) return true;
      const only = this.#constants.get(i) as Value;
      if (!isSameValue(value, only))
        throw input(`${describe(only)}, which was compiled in, for leaf ${i} of the arguments`, value);
      return false;
    });
  }
}

const isLeaf = (value: Value): boolean =>
  value instanceof Tensor || ['number', 'bigint', 'boolean'].includes(typeof value);

/** A whole number may come as a bigint. */
function isSameValue(value: Value, only: Value): boolean {
  return typeof value === 'bigint' ? Number(value) === only : value === only;
}

function input(wanted: string, got: unknown) {
  return torchError('ERR_INVALID_INPUT', `Expected ${wanted} but received ${describe(got)}`);
}
