/** Bounds of one message: far above what anybody sends, and low enough that reading stays cheap. */
export const limits = {
    /** Inputs or outputs. */
    tensors: 256,
    /** Of a message, of a tensor, of an output. */
    parameters: 256,
    /** Characters of the name of a tensor or a parameter. */
    name: 256,
    /** Characters of an id. */
    id: 1024,
    /** Characters of a parameter that is a text. */
    text: 64 * 1024,
    /** Levels of arrays and objects. */
    depth: 100,
    /** BYTES elements of all inputs or outputs: each one becomes a string. */
    strings: 2 ** 18,
};
