/** Whole numbers below `below`, the same ones for the same seed. */
export function seeded(seed) {
    let state = seed >>> 0;
    return (below) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below); // the high bits: the low ones of this generator have short periods
    };
}
