/**
 * A deterministic number from 0 up to 1, spread out over the indices: Knuth's multiplicative hash.
 * @param stream numbers of different streams have nothing to do with each other, so that no two inputs are alike
 */
export function spreadOut(i, stream = 0) {
    let hash = Math.imul(i, 2654435761);
    if (stream !== 0) {
        hash = Math.imul(hash ^ (hash >>> 15) ^ Math.imul(stream, 0x9e3779b1), 0x85ebca6b);
        hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
        hash ^= hash >>> 16;
    }
    return (hash >>> 0) / 2 ** 32;
}
