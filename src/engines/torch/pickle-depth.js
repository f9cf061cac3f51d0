import { unsafe } from '../../model/zip-archive.js';
/** Operands that follow an operation, in bytes: those of a fixed length. */
const fixedOperands = byByte({
    '\x80': 1, // PROTO
    K: 1, // BININT1
    M: 2, // BININT2
    J: 4, // BININT
    G: 8, // BINFLOAT
    q: 1, // BINPUT
    r: 4, // LONG_BINPUT
    h: 1, // BINGET
    j: 4, // LONG_BINGET
});
/** Those that begin with their length, in so many bytes. */
const countedOperands = byByte({ X: 4, '\x8c': 1, U: 1, T: 4, B: 4, C: 1, '\x8a': 1, '\x8b': 4 });
/** What an operation does to the stack. */
const operations = byByte({
    '(': (stack) => stack.mark(),
    ']': (stack) => stack.make(0),
    '}': (stack) => stack.make(0),
    t: (stack) => stack.make(stack.takeMarked()),
    l: (stack) => stack.make(stack.takeMarked()),
    d: (stack) => stack.make(stack.takeMarked()),
    '\x85': (stack) => stack.make(stack.take(1)),
    '\x86': (stack) => stack.make(stack.take(2)),
    '\x87': (stack) => stack.make(stack.take(3)),
    // What is called or made is a leaf of its own; its arguments are inside it.
    R: (stack) => stack.make(stack.take(2)),
    '\x81': (stack) => stack.make(stack.take(2)),
    Q: (stack) => stack.make(stack.take(1)),
    a: (stack) => stack.grow(stack.take(1)),
    e: (stack) => stack.grow(stack.takeMarked()),
    s: (stack) => stack.grow(stack.take(2)),
    u: (stack) => stack.grow(stack.takeMarked()),
    b: (stack) => stack.grow(stack.take(1)),
    '0': (stack) => stack.take(1),
    '2': (stack) => stack.double(),
});
const [put, longPut, get, longGet, proto, global, stop] = ['q', 'r', 'h', 'j', '\x80', 'c', '.'].map((code) => code.charCodeAt(0));
/** Of each kind, more than a real pickle has at one time: values on the stack, values that it refers to again, open marks. */
const most = { values: 16_000_000, remembered: 4_000_000, 'open marks': 100_000 };
/**
 * How deeply the values of a pickle nest: LibTorch's reader is no recursion, but what it makes is destroyed, copied and typed
 * by one. Operations that it does not know are left to it to refuse.
 * @param turns lets the event loop go on
 * @returns the depth, or any greater number than `limit` once that is passed
 * @throws ERR_UNSAFE_ARCHIVE for more values at one time than any exporter writes
 */
export async function pickleDepth(file, limit, turns) {
    const pieces = [];
    for await (const piece of file)
        pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const stack = new PickleStack();
    for (let at = 0; at < bytes.length && stack.deepest <= limit;) {
        const from = at;
        at = step(bytes, at, stack);
        if (turns.isDue(at - from))
            await turns.pause();
    }
    return stack.deepest;
}
/** One operation. Returns where the next begins. */
function step(bytes, at, stack) {
    const code = bytes[at];
    const next = at + 1;
    const number = (length) => (next + length <= bytes.length ? bytes.readUIntLE(next, length) : 0);
    if (code === stop)
        return bytes.length;
    const fixed = fixedOperands[code];
    if (fixed !== undefined) {
        if (code === put || code === longPut)
            stack.remember(number(fixed));
        else if (code === get || code === longGet)
            stack.recall(number(fixed));
        else if (code !== proto)
            stack.leaf();
        return next + fixed;
    }
    const counted = countedOperands[code];
    if (counted !== undefined) {
        stack.leaf();
        return next + counted + number(counted);
    }
    if (code === global) {
        stack.leaf();
        // Two lines: a module and a name.
        const first = bytes.indexOf(10, next);
        const second = first < 0 ? -1 : bytes.indexOf(10, first + 1);
        return second < 0 ? bytes.length : second + 1;
    }
    const operation = operations[code];
    if (operation)
        operation(stack);
    else
        stack.leaf(); // True, False, None, the empty tuple, and what LibTorch refuses
    return next;
}
/**
 * The stack of a pickle's reader, where each value is only the depth of what is inside it. A value that the pickle refers to
 * again has a number instead, -1, -2, …, under which its depth is kept. LibTorch writes a container in one go. One that grows
 * deeper after it was put into another may be inside itself, and counts as endless.
 */
class PickleStack {
    deepest = 0;
    #values = new Int32Array(1024);
    #size = 0;
    #marks = [];
    #memo = new Map();
    #depths = [];
    /** Whether it was put into another value. */
    #isHeld = [];
    leaf() {
        this.#push(0);
    }
    /** A value with this depth of content. */
    make(content) {
        this.#push(this.#seen(content + 1));
    }
    mark() {
        requireFew('open marks', this.#marks.push(this.#size));
    }
    /** Takes values off the stack. Returns the greatest depth among them. */
    take(count) {
        return this.#takeFrom(Math.max(0, this.#size - count));
    }
    takeMarked() {
        return this.#takeFrom(Math.min(this.#marks.pop() ?? 0, this.#size));
    }
    /** Puts content of this depth into the value on top. */
    grow(content) {
        if (this.#size === 0)
            return;
        const top = this.#size - 1;
        const value = this.#values[top];
        const before = value < 0 ? this.#depths[-value - 1] : value;
        const after = Math.max(before, content + 1);
        if (after === before)
            return;
        this.#seen(value < 0 && this.#isHeld[-value - 1] ? Infinity : after);
        if (value < 0)
            this.#depths[-value - 1] = after;
        else
            this.#values[top] = after;
    }
    remember(key) {
        if (this.#size === 0)
            return;
        this.#memo.set(key, this.#numbered());
        requireFew('remembered', this.#memo.size);
    }
    recall(key) {
        this.#push(this.#memo.get(key) ?? 0);
    }
    double() {
        this.#push(this.#size === 0 ? 0 : this.#numbered());
    }
    /** The value on top; with a number from now on, unless nothing is inside it and nothing can be put there. */
    #numbered() {
        const top = this.#size - 1;
        const value = this.#values[top];
        if (value <= 0)
            return value;
        requireFew('remembered', this.#isHeld.push(false));
        return (this.#values[top] = -this.#depths.push(value));
    }
    #takeFrom(begin) {
        let depth = 0;
        for (let i = begin; i < this.#size; ++i) {
            const value = this.#values[i];
            if (value >= 0)
                depth = Math.max(depth, value);
            else {
                depth = Math.max(depth, this.#depths[-value - 1]);
                this.#isHeld[-value - 1] = true;
            }
        }
        this.#size = begin;
        return depth;
    }
    #push(value) {
        if (this.#size === this.#values.length) {
            requireFew('values', this.#size);
            const larger = new Int32Array(2 * this.#size);
            larger.set(this.#values);
            this.#values = larger;
        }
        this.#values[this.#size++] = value;
    }
    #seen(depth) {
        this.deepest = Math.max(this.deepest, depth);
        return depth;
    }
}
function requireFew(what, count) {
    if (count > most[what])
        throw unsafe(`a pickle has more than ${most[what]} ${what}, which no exporter writes`);
}
/** A table by the code of a byte. */
function byByte(rows) {
    const table = new Array(256).fill(undefined);
    for (const [character, value] of Object.entries(rows))
        table[character.charCodeAt(0)] = value;
    return table;
}
