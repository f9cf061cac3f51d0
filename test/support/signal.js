/** The synthetic recording of scripts/fixtures/signal_16k.py, bit by bit: integers only, so `>>` and `&` do the same. */
// Weights of the harmonics of a 118 Hz voice, from the first: vowels like "a" and "i", by their formants.
const vowels = [
    [30, 26, 24, 26, 36, 48, 36, 22, 26, 34, 24, 12, 8, 6, 4, 4, 4, 5, 7, 9, 10, 8, 5, 3],
    [34, 48, 34, 14, 8, 5, 4, 3, 3, 3, 3, 4, 5, 6, 9, 14, 22, 30, 34, 28, 18, 14, 16, 18],
];
const pitchStep = 123732;
const vibratoStep = 21;
const syllableStep = 14;
/** A sine made of two parabolas, -32768 to 32768; the low 16 bits of `phase` count, a turn is 2^16. */
function wave(phase) {
    const half = phase & 32767;
    const height = (half * (32768 - half)) >> 13;
    return phase & 32768 ? -height : height;
}
function voice(length) {
    let turn = 0;
    return Array.from({ length }, (_, n) => {
        turn = (turn + pitchStep + ((wave(n * vibratoStep) * 9000) >> 15)) & 0xffffff;
        const syllable = n * syllableStep;
        const weights = vowels[(syllable >> 15) & 1];
        const total = weights.reduce((sum, weight, k) => sum + weight * wave(((k + 1) * turn) >> 8), 0);
        return ((total >> 10) * wave(syllable & 32767)) >> 15;
    });
}
function chirp(length) {
    let turn = 0;
    return Array.from({ length }, (_, n) => {
        turn = (turn + 104858 + 262 * n) & 0xffffff;
        return wave(turn >> 8) >> 2;
    });
}
/** The whole signal, in [-1, 1). The noise runs on from part to part, the other sources start anew. */
export function samples(parts, chunkSamples) {
    let state = 1;
    const noise = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return (state >>> 19) - 4096;
    };
    const sources = {
        silence: (length) => Array(length).fill(0),
        noise: (length) => Array.from({ length }, noise),
        voice,
        chirp,
        mix: (length) => voice(length).map((value) => value + (noise() >> 3)),
    };
    const values = parts.flatMap(({ name, chunks }) => sources[name](chunks * chunkSamples));
    return Float32Array.from(values, (value) => Math.max(-32768, Math.min(32767, value)) / 32768);
}
