/** Which files beside an ONNX model hold its weights, read without the weights: a file may have gigabytes of them. */
import type { FileHandle } from 'node:fs/promises';
import { TorchError } from '../../errors.js';
import { withModelFile } from '../../files/regular-file.js';
import { relativeName } from './external-data.js';
import { field } from './proto-fields.js';
import { fields, malformed, textOf } from './protobuf.js';

/** What is read at a time. */
const windowBytes = 256 * 1024;
/** Of an entry of external data: a path, an offset, a checksum. */
const mostEntry = 64 * 1024;
const mostNames = 10_000;

/** Messages that are looked into, by the number of their field: tensors of the graph lie nowhere else. */
interface Inside {
  readonly [number: number]: Inside | 'entry';
}

const tensor: Inside = { [field.tensor.external]: 'entry' };
const sparse: Inside = { [field.sparse.values]: tensor, [field.sparse.indices]: tensor };
const model: Inside = {
  [field.model.graph]: { [field.graph.initializer]: tensor, [field.graph.sparseInitializer]: sparse },
};

/**
 * Paths from the model's folder, each once. A file that is no such message names none: whoever loads it says what it is.
 * @throws ERR_UNSAFE_ARCHIVE for a path that leads out of the folder, ERR_MODEL_LOAD when it cannot be read, `signal.reason`
 */
export async function weightFilesOfOnnx(path: string, signal?: AbortSignal): Promise<string[]> {
  return await withModelFile(path, async ({ file, size }) => {
    const names = new Set<string>();
    try {
      for await (const location of locations(new Window(file, size, signal), 0, size, model)) {
        names.add(relativeName(location));
        if (names.size > mostNames) throw malformed(`more than ${mostNames} files of weights`);
      }
    } catch (error) {
      if (!(error instanceof TorchError) || error.code !== 'ERR_MODEL_FORMAT') throw error;
    }
    return [...names];
  });
}

async function* locations(window: Window, from: number, end: number, inside: Inside): AsyncGenerator<string> {
  for (let at = from; at < end;) {
    const head = await window.at(at);
    const [tag, afterTag] = varint(head, 0);
    const kind = tag % 8;
    if (kind !== 2) {
      at += afterTag + (kind === 0 ? varint(head, afterTag)[1] - afterTag : kind === 1 ? 8 : kind === 5 ? 4 : broken());
      continue;
    }
    const [length, start] = varint(head, afterTag);
    const next = at + start + length;
    if (!(next <= end)) throw malformed('a field that is longer than the rest of the file');
    const what = inside[Math.floor(tag / 8)];
    if (what === 'entry') {
      if (length > mostEntry) throw malformed('external data with an entry of more than 64 KiB');
      const location = locationIn(await window.read(at + start, length));
      if (location !== undefined) yield location;
    } else if (what) yield* locations(window, at + start, next, what);
    at = next;
  }
}

function locationIn(bytes: Uint8Array): string | undefined {
  let [key, value] = ['', ''];
  for (const { number, span } of fields({ bytes, start: 0, end: bytes.length })) {
    if (span && number === field.entry.key) key = textOf(span);
    else if (span && number === field.entry.value) value = textOf(span);
  }
  return key === 'location' ? value : undefined;
}

function broken(): never {
  throw malformed('a field of a kind that ONNX does not use');
}

function varint(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  for (let at = from, scale = 1; at < from + 10 && at < bytes.length; ++at, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at + 1];
  }
  throw malformed('an unterminated varint');
}

/** A part of the file at a time: heads of fields are small and many, what lies between them is passed over unread. */
class Window {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #signal: AbortSignal | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;

  constructor(file: FileHandle, size: number, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#size = size;
    this.#signal = signal;
  }

  /** The bytes from a place on: enough for the head of a field, fewer at the end of the file. */
  async at(place: number): Promise<Uint8Array> {
    const longestHead = 20;
    const known = this.#from + this.#bytes.length;
    if (place < this.#from || (place + longestHead > known && known < this.#size) || place >= known) {
      this.#signal?.throwIfAborted();
      this.#bytes = await this.read(place, Math.min(windowBytes, this.#size - place));
      this.#from = place;
    }
    return this.#bytes.subarray(place - this.#from);
  }

  async read(place: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, place + done);
      if (bytesRead === 0) throw malformed('fewer bytes than a moment ago');
      done += bytesRead;
    }
    return bytes;
  }
}
