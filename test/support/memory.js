/** Newer kinds of memory, which our target's type library does not know; every supported Node has them. */
/** An ArrayBuffer that can be resized up to `max` bytes. */
export function resizable(bytes, max) {
    const Resizable = ArrayBuffer;
    return new Resizable(bytes, { maxByteLength: max });
}
/** Takes the memory away, as a transfer to a worker does. */
export function detach(buffer) {
    structuredClone(buffer, { transfer: [buffer] });
}
