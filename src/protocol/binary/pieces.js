/** The bytes of a body, in the pieces that they came in. Nobody writes to them any more. */
export class Pieces {
    parts;
    /** Bytes in all. */
    length;
    /** Where each piece begins. */
    #starts;
    constructor(parts) {
        this.parts = parts;
        const starts = [];
        let length = 0;
        for (const part of parts) {
            starts.push(length);
            length += part.length;
        }
        this.#starts = starts;
        this.length = length;
    }
    static of(bytes) {
        return new Pieces([bytes]);
    }
    /**
     * A range in one piece, at an address that is a multiple of `alignment`. It is copied unless it lies so already.
     * @param alignment 1, 2, 4 or 8
     */
    range(from, length, alignment = 1) {
        if (length === 0)
            return empty;
        let index = this.#pieceAt(from);
        let part = this.parts[index];
        let at = from - this.#starts[index];
        if (at + length <= part.length && (part.byteOffset + at) % alignment === 0)
            return part.subarray(at, at + length);
        // Of its own: what Node cuts small Buffers from begins anywhere.
        const own = Buffer.allocUnsafeSlow(length);
        for (let done = 0; done < length; at = 0) {
            done += part.copy(own, done, at, at + length - done);
            part = this.parts[++index] ?? empty;
        }
        return own;
    }
    #pieceAt(from) {
        let low = 0;
        let high = this.parts.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (this.#starts[middle] <= from)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}
const empty = Buffer.alloc(0);
