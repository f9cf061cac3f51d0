import { decoderOf } from '../../tensor/element.js';
import { Tensor } from '../../tensor/tensor.js';
import { room } from '../http/turn.js';
/** Elements that are written before others have a turn: some milliseconds. */
const elementsOfTurn = 16 * 1024;
/**
 * A tensor or strings as JSON text: arrays in arrays. Integers of 64 bits are exact, which `JSON.stringify` cannot write;
 * NaN and the infinities are null, because JSON has no numbers for them.
 */
export async function nestedJson(content) {
    if (content.shape.length === 0)
        return new Writer(content).item(0);
    return `[${(await rowsJson(content)).join(',')}]`;
}
/** The same, for each row by itself: what dimension 0 counts. Rank 0 has none. */
export async function rowsJson(content) {
    const writer = new Writer(content);
    const [count = 0] = content.shape;
    const rows = [];
    for (let begun = 0; rows.length < count;) {
        rows.push(writer.item(1));
        if (writer.at - begun < elementsOfTurn)
            continue;
        begun = writer.at;
        const wait = room();
        if (wait)
            await wait;
    }
    return rows;
}
class Writer {
    /** The next element. */
    at = 0;
    #shape;
    #element;
    constructor(content) {
        this.#shape = content.shape;
        this.#element = elementWriter(content);
    }
    /** What stands at the next place of a dimension. */
    item(axis) {
        if (axis === this.#shape.length)
            return this.#element(this.at++);
        const parts = [];
        for (let i = 0; i < this.#shape[axis]; i++)
            parts.push(this.item(axis + 1));
        return `[${parts.join(',')}]`;
    }
}
function elementWriter(content) {
    if (!(content instanceof Tensor))
        return (index) => JSON.stringify(content.data[index]);
    const { data, dtype } = content;
    const decode = decoderOf(dtype);
    return (index) => {
        const value = decode(data[index]);
        if (typeof value === 'number' && !Number.isFinite(value))
            return 'null';
        return Object.is(value, -0) ? '-0.0' : String(value);
    };
}
