/** Newer kinds of memory, which our target's type library does not know; every supported Node has them. */

export interface ResizableBuffer extends ArrayBuffer {
  resize(bytes: number): void;
}

/** An ArrayBuffer that can be resized up to `max` bytes. */
export function resizable(bytes: number, max: number): ResizableBuffer {
  const Resizable = ArrayBuffer as unknown as new (
    bytes: number,
    options: { maxByteLength: number },
  ) => ResizableBuffer;
  return new Resizable(bytes, { maxByteLength: max });
}

/** Takes the memory away, as a transfer to a worker does. */
export function detach(buffer: ArrayBufferLike): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
}
