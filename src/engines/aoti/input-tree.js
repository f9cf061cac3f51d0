import { describe, TorchError, torchError } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';
import { namedArguments } from '../../tensor/value.js';
import { inputChecks } from '../../signature/bind.js';
import { countLeaves, flattenValue, halves } from '../../signature/pytree.js';
/**
 * A binder of arguments that are nested as the model takes them, or flat.
 * @param explain adds to the message for a shape that is refused
 */
export function treeBinder(tree, inputs, explain) {
    const check = inputChecks(inputs);
    return {
        names: inputs.map(({ name }) => name),
        specs: inputs,
        takesContainer: tree.takesContainer,
        bind(args, options) {
            const ordered = tree.flatten(args);
            try {
                check(ordered, options);
            }
            catch (error) {
                if (!explain || !(error instanceof TorchError) || error.code !== 'ERR_INVALID_SHAPE')
                    throw error;
                throw torchError(error.code, explain(error.message), { cause: error });
            }
            return ordered;
        },
    };
}
/** How the arguments of a package's forward become the tensors that its code takes, in order. */
export class InputTree {
    #positional;
    #named;
    #parameters;
    /** Names of the leaves that are tensors. */
    #names;
    #constants;
    #leaves;
    /**
     * @param parameters names of the positional arguments
     * @param names of the tensors
     * @throws ERR_MODEL_FORMAT when tree and tensors do not agree
     */
    constructor(tree, parameters, names, constants) {
        const { positional, named } = halves(tree);
        this.#positional = positional;
        this.#named = named;
        this.#parameters = positional.map((_, i) => parameters?.[i] ?? `input${i}`);
        this.#names = names;
        this.#constants = constants;
        this.#leaves = countLeaves(tree);
        if (this.#leaves === names.length + constants.size)
            return;
        throw torchError('ERR_MODEL_FORMAT', `Expected ${names.length} input tensors and as many leaves in the package's call specification but received ${this.#leaves}: some ` +
            'are no tensors; scripts/export/node_libtorch_export.py writes down which');
    }
    /** forward takes exactly one argument, and that is a list or a dict. */
    get takesContainer() {
        const [only, ...others] = [...this.#positional, ...this.#named.values()];
        return only !== undefined && others.length === 0 && only.kind !== 'leaf';
    }
    /**
     * The tensors in order, out of arguments that are nested as the model takes them, or flat: every tensor by position, or
     * by the names of the signature.
     * @throws ERR_INVALID_INPUT
     */
    flatten(args) {
        if (Array.isArray(args))
            return this.#byPosition(args);
        const entries = Object.entries(namedArguments(args)).filter(([, value]) => value !== undefined);
        const given = new Map(entries);
        if (this.#names.length === given.size && this.#names.every((name) => given.has(name))) {
            return this.#names.map((name) => given.get(name));
        }
        return this.#byName(given);
    }
    #byPosition(args) {
        if (args.length === this.#names.length && args.every((value) => value instanceof Tensor))
            return args;
        if (this.#named.size > 0) {
            throw input(`${this.#names.length} tensors by position, or every argument by name`, args);
        }
        if (args.length !== this.#positional.length)
            throw input(`the arguments ${this.#parameters.join(', ')}`, args);
        return this.#tensors(this.#positional.flatMap((tree, i) => flattenValue(tree, args[i], String(this.#parameters[i]))));
    }
    #byName(given) {
        const known = [...this.#parameters, ...this.#named.keys()];
        const extra = [...given.keys()].find((name) => !known.includes(name));
        if (extra !== undefined) {
            throw input(`the arguments ${known.join(', ')} (or the tensors ${this.#names.join(', ')})`, extra);
        }
        const trees = [...this.#positional, ...this.#named.values()];
        const leaves = [];
        for (const [i, name] of known.entries()) {
            // What was compiled in need not be said again.
            const only = this.#constants.get(leaves.length);
            leaves.push(...flattenValue(trees[i], given.has(name) ? given.get(name) : only, name));
        }
        return this.#tensors(leaves);
    }
    /** Leaves that are no tensors were compiled in: they must be what they were. */
    #tensors(leaves) {
        return leaves.filter((value, i) => {
            if (!this.#constants.has(i))
                return true;
            const only = this.#constants.get(i);
            if (value !== only)
                throw input(`${describe(only)}, which was compiled in, for leaf ${i} of the arguments`, value);
            return false;
        });
    }
}
function input(wanted, got) {
    return torchError('ERR_INVALID_INPUT', `Expected ${wanted} but received ${describe(got)}`);
}
