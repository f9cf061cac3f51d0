import { createHash } from 'node:crypto';
import { dtypeTable } from '../tensor/dtype.js';
import { Turns } from '../async/turns.js';
import { realsOf, realTo } from '../tensor/reals.js';
import { pickTensorRows } from '../tensor/rows.js';
import { Tensor } from '../tensor/tensor.js';
import { boundsOf, chosen, extreme, floats, integers, ordinary, spread, spreadExtent, } from './row-kinds.js';
/** Rows of the example that are probes of their own, beside the first two. */
const mostExamples = 2;
/** Inputs that are loud among quiet ones, and quiet among loud ones. */
const mostCrossed = 4;
/** Elements of all probes together, but for the least number of probes. */
const mostElements = 16 * 2 ** 20;
const leastProbes = 4;
/**
 * Rows of other scale, sign and order than the example's, within the ranges and dtypes. The first is the example's first row.
 * Rows that are equal are one. Of large rows there are fewer.
 * @param rangeOf the bounds that values of a tensor argument must keep, by its position
 */
export async function probeRows(example, rangeOf, { mayBeZero = false } = {}) {
    const turns = new Turns();
    const makers = [];
    let elements = 0;
    for (const [position, value] of example.entries()) {
        const isTensor = value instanceof Tensor;
        makers.push(isTensor ? await TensorProbes.of(value, rangeOf(position), position, turns) : undefined);
        if (isTensor)
            elements += value.data.length / Math.max(1, value.shape[0] ?? 1);
    }
    const most = Math.max(leastProbes, Math.floor(mostElements / Math.max(1, elements)));
    const tensors = makers.flatMap((maker, position) => (maker ? [position] : []));
    const make = async (rowOf) => {
        const args = [];
        for (const [position, value] of example.entries()) {
            const probes = makers[position];
            args.push(probes ? await rowOf(probes, position) : value);
        }
        return args;
    };
    const found = [];
    const seen = new Set();
    const digests = new Map();
    const add = async (kind, args, calm = args) => {
        const key = await keyOf(args, digests, turns);
        if (seen.has(key))
            return;
        seen.add(key);
        const isOrdinary = kind === 'example' || ordinary.includes(kind);
        found.push({ kind, isOrdinary, args, ...((await keyOf(calm, digests, turns)) !== key && { calm }) });
    };
    const addMade = async (kind, kindOf) => {
        if (found.length >= most)
            return;
        await add(kind, await make((probes, position) => probes.row(kindOf(position))), await make((probes, position) => probes.row(probes.isFloat ? kindOf(position) : 'first')));
    };
    const addExtremes = async (kinds) => {
        for (const kind of kinds)
            await addMade(kind, () => kind);
    };
    await addExtremes([...ordinary, ...extreme.slice(0, 2)]);
    // What is made of several inputs, as a ratio is, stays as it was where all are scaled alike.
    for (const own of tensors.length > 1 ? tensors.slice(0, mostCrossed) : []) {
        await addMade('crossed', (position) => (position === own ? 'loud' : 'quiet'));
        await addMade('crossed', (position) => (position === own ? 'quiet' : 'loud'));
    }
    await addExtremes(extreme.slice(2));
    const rows = example.find((value) => value instanceof Tensor)?.shape[0] ?? 0;
    for (let row = 2; row < Math.min(rows, 2 + mostExamples); ++row) {
        if (found.length >= most)
            break;
        await add('example', example.map((value) => (value instanceof Tensor ? pickTensorRows(value, [row]) : value)));
    }
    if (mayBeZero && makers.some((probes) => probes?.lacksZero) && found.length < most) {
        await add('withZero', await make((probes) => (probes.lacksZero ? probes.withZero() : probes.row('first'))));
    }
    if (makers.some((probes) => probes?.mayBeNaN)) {
        await add('notANumber', await make((probes) => (probes.mayBeNaN ? probes.notANumber() : probes.row('first'))));
    }
    return found;
}
/** The rows of one tensor argument, each made once it is asked for. */
class TensorProbes {
    isFloat;
    #dtype;
    #first;
    #given;
    #isExact;
    #isOpen;
    #turns;
    #made = new Map();
    constructor(dtype, first, given, isExact, isOpen, turns) {
        this.isFloat = dtypeTable[dtype].kind === 'float';
        this.#dtype = dtype;
        this.#first = first;
        this.#given = given;
        this.#isExact = isExact;
        this.#isOpen = isOpen;
        this.#turns = turns;
    }
    static async of(tensor, range, stream, turns) {
        const { dtype } = tensor;
        const isFloat = dtypeTable[dtype].kind === 'float';
        const first = pickTensorRows(tensor, [0]);
        const base = realsOf(first);
        const all = tensor.shape[0] === 1 ? base : realsOf(tensor);
        let scale = 0;
        let isSigned = false;
        let isExact = true;
        for (let i = 0; i < all.length; ++i) {
            const x = all[i];
            const size = Math.abs(x);
            if (size > scale && size !== Infinity)
                scale = size;
            if (x < 0)
                isSigned = true;
            if (!Number.isSafeInteger(x))
                isExact = false;
            if (i % piece === piece - 1 && turns.isDue(piece * costOfElement))
                await turns.pause();
        }
        const [min, max] = boundsOf(tensor, range, all);
        const plain = { base, stream, scale: scale || 1, min, max, isSigned };
        const other = otherRow(tensor, plain, isFloat);
        const ofRow = (row) => {
            let low = Infinity;
            let high = -Infinity;
            for (let i = 0; i < base.length; ++i) {
                const x = row(i);
                if (x < low)
                    low = x;
                if (x > high)
                    high = x;
            }
            if (low !== 0 || high !== 0)
                return { row, extent: [low, high] };
            return { row: spread(plain, 1), extent: spreadExtent(plain) };
        };
        const own = ofRow((i) => base[i]);
        if (turns.isDue(base.length * costOfElement))
            await turns.pause();
        const others = ofRow(other);
        if (turns.isDue(base.length * costOfElement))
            await turns.pause();
        const given = {
            ...plain,
            other,
            lively: own.row,
            extent: own.extent,
            livelyOther: others.row,
            otherExtent: others.extent,
        };
        // Numbers that JavaScript cannot hold exactly are only put into another order.
        return new TensorProbes(dtype, first, given, isFloat || isExact, isFloat && range === undefined, turns);
    }
    /** Integers above 0 alone, among which an index of 0 would be another. */
    get lacksZero() {
        return !this.isFloat && this.#isExact && this.#given.min === 1 && this.#given.base.length > 0;
    }
    /** Floats that nobody set bounds for. */
    get mayBeNaN() {
        return this.#isOpen && this.#given.base.length > 0;
    }
    async row(kind) {
        if (kind === 'first' || !this.#isExact)
            return this.#first;
        const made = this.#made.get(kind) ?? (await this.#fill((this.isFloat ? floats : integers)[kind](this.#given)));
        this.#made.set(kind, made);
        return made;
    }
    async withZero() {
        const { base } = this.#given;
        return this.#fill((i) => (i === base.length - 1 ? 0 : base[i]), [0, Infinity]);
    }
    async notANumber() {
        return this.#fill(() => NaN);
    }
    async #fill(row, [min, max] = [this.#given.min, this.#given.max]) {
        const { array } = dtypeTable[this.#dtype];
        const data = new array(this.#first.data.length);
        const encode = realTo(this.#dtype);
        for (let from = 0; from < data.length; from += piece) {
            const to = Math.min(data.length, from + piece);
            for (let i = from; i < to; ++i)
                data[i] = encode(Math.min(max, Math.max(min, row(i))));
            if (this.#turns.isDue((to - from) * costOfElement))
                await this.#turns.pause();
        }
        return new Tensor(this.#dtype, data, this.#first.shape);
    }
}
/** Elements between two looks at the turn. */
const piece = 16 * 1024;
/** What an element counts for in a turn: making it takes as long as copying some bytes. */
const costOfElement = 4;
/** The first row that is another than the first; else the first in reverse; else (floats) numbers near it. */
function otherRow(tensor, given, isFloat) {
    const { base, min, max, scale } = given;
    const width = base.length;
    const isOther = (row) => {
        for (let i = 0; i < width; ++i)
            if (!Object.is(row(i), base[i]))
                return true;
        return false;
    };
    for (let row = 1; row < Math.min(tensor.shape[0] ?? 0, 64); ++row) {
        const values = realsOf(pickTensorRows(tensor, [row]));
        const at = (i) => values[i];
        if (isOther(at))
            return at;
    }
    const reversed = (i) => base[width - 1 - i];
    if (isOther(reversed))
        return reversed;
    if (!isFloat)
        return chosen(given, 1);
    // Away from a bound where there is one, and by a share that grows along the row.
    const step = Number.isFinite(max - min) ? (max - min) / 2 : scale;
    return (i) => {
        const x = base[i];
        const moved = (step * (i + 1)) / width;
        return x + moved <= max ? x + moved : x - moved;
    };
}
/** Equal for equal rows: of the bytes of each tensor. */
async function keyOf(args, digests, turns) {
    let key = '';
    for (const value of args) {
        if (!(value instanceof Tensor))
            continue;
        let digest = digests.get(value);
        if (digest === undefined) {
            const hash = createHash('sha1');
            const { buffer, byteOffset, byteLength } = value.data;
            for (let from = 0; from < byteLength; from += bytesOfPiece) {
                const size = Math.min(bytesOfPiece, byteLength - from);
                hash.update(new Uint8Array(buffer, byteOffset + from, size));
                if (turns.isDue(size))
                    await turns.pause();
            }
            digest = hash.digest('base64');
            digests.set(value, digest);
        }
        key += digest;
    }
    return key;
}
const bytesOfPiece = 256 * 1024;
