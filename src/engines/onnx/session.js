import { torchError } from '../../errors.js';
import { ownCopy } from '../../tensor/copies.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { readStrings } from '../../signature/strings.js';
import { nestedStrings } from '../../tensor/strings.js';
import { requireOutputs } from './plan.js';
/** Frees a model that was collected: its queue, which does not refer to it, ends its threads. */
const forgotten = new FinalizationRegistry((queue) => {
    void queue.close();
});
/** A model of ONNX Runtime. One output is a value of its own; several are an object by name, in the graph's order. */
export class OnnxSession {
    /** Memory of batches: it goes to a thread as it is, where others' is copied. Nothing comes back to be used again. */
    slabs;
    outputNames;
    #queue;
    #inputs;
    #outputs;
    #all;
    #owned = new WeakSet();
    /**
     * @param plan in the order of the arguments and of the results
     * @param returned names of all that the session returns when nothing is chosen
     */
    constructor(queue, { inputs, outputs }, returned) {
        this.#queue = queue;
        this.#inputs = inputs;
        this.#outputs = outputs;
        this.#all = fetchOf(outputs, returned);
        this.outputNames = outputs.map(({ spec }) => spec.name);
        this.slabs = {
            take: (bytes) => {
                const slab = new ArrayBuffer(bytes);
                this.#owned.add(slab);
                return slab;
            },
            give: () => undefined,
        };
        forgotten.register(this, queue, this);
    }
    async run({ values, limits, instance = -1, outputs, accepted, finished }) {
        const { chosen, places, names } = outputs ? this.#choice(outputs) : this.#all;
        if (places.includes(-1))
            requireOutputs(chosen, this.#outputs);
        const hooks = { accepted, finished };
        const { outputs: got, timings } = await this.#queue.submit(() => this.#pack(values, names), limits, instance, hooks);
        const results = chosen.map((plan, i) => valueOf(got[places[i]], plan.keys));
        if (results.length === 1)
            return { value: results[0], timings };
        return { value: Object.fromEntries(chosen.map(({ spec }, i) => [spec.name, results[i]])), timings };
    }
    busy() {
        return this.#queue.busy();
    }
    free() {
        forgotten.unregister(this);
        return this.#queue.close();
    }
    /** LoadedModel has checked the names. */
    #choice(names) {
        const chosen = names.map((name) => this.#outputs.find(({ spec }) => spec.name === name));
        const fetched = [...new Set(chosen.flatMap(({ from }) => from ?? []))];
        return { ...fetchOf(chosen, fetched), names: fetched };
    }
    /** Binding has checked the values. What was left out has a default. */
    #pack(values, outputs) {
        const inputs = this.#inputs.map((plan, i) => this.#wire(plan, values[i]));
        const transfer = inputs.flatMap((input) => (input.dtype === 'string' ? [] : [input.data.buffer]));
        return outputs ? { inputs, transfer, outputs } : { inputs, transfer };
    }
    #wire({ spec, value: preset }, value) {
        if (value instanceof Tensor) {
            const { dtype, shape, data } = value;
            return { dtype, shape, data: this.#owned.has(data.buffer) ? data : ownCopy(value) };
        }
        if (value !== undefined)
            return { dtype: 'string', ...readStrings(spec, value) };
        const { dtype, shape, data } = preset;
        return dtype === 'string' ? { dtype, shape, data } : { dtype, shape, data: data.slice() };
    }
}
function fetchOf(chosen, returned) {
    return { chosen, places: chosen.map(({ from }) => (from === undefined ? -1 : returned.indexOf(from))) };
}
function valueOf(wire, keys) {
    if (wire.dtype === 'string')
        return nestedStrings(wire);
    const tensor = tensorOf(wire);
    return keys ? mapsOf(tensor, keys) : tensor;
}
function tensorOf({ dtype, shape, data }) {
    const { array, bytes } = dtypeTable[dtype];
    return new Tensor(dtype, new array(data.buffer, 0, data.byteLength / bytes), shape);
}
/** A map of each row, as a ZipMap node makes them: objects where the keys are strings. */
function mapsOf({ data, shape }, keys) {
    const width = keys.length;
    if (shape.at(-1) !== width) {
        throw torchError('ERR_BAD_OUTPUT', `Expected ${width} columns for a map's keys but the model gave ${formatShape(shape)}`);
    }
    const isText = typeof keys[0] === 'string';
    return Array.from({ length: data.length / width }, (_, row) => {
        const entries = keys.map((key, i) => [key, Number(data[row * width + i])]);
        return isText ? Object.fromEntries(entries) : new Map(entries);
    });
}
