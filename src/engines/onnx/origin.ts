/** What an ONNX file says of its making: the members of its outermost message, read one by one past the graph. */
import type { FileHandle } from 'node:fs/promises';
import { withModelFile } from '../../files/regular-file.js';
import { notesKey, notesOf } from '../../model/notes.js';
import { commitIn, type Origin } from '../../model/origin.js';
import { fields, integers, textOf, type Field, type Span } from './protobuf.js';
import { field } from './proto-fields.js';

/** A file has a dozen fields at its top; thousands are somebody's joke. */
const mostFields = 4096;
/** Of a text or an entry; longer ones are left out. */
const mostBytes = 64 * 1024;
const mostEntries = 100;
const mostText = 2000;
/** A tag and a length, each of at most ten bytes. */
const headBytes = 20;

/** Undefined for bytes that are no such message: whoever loads them says why. */
export async function originOfOnnx(path: string): Promise<Origin | undefined> {
  const read = async (): Promise<Origin> =>
    await withModelFile(path, async ({ file, size }) => {
      const origin = new Made();
      for await (const each of topFields(file, size)) origin.see(each);
      return origin.told();
    });
  return await read().catch(() => undefined);
}

/** The small fields at the top of the file; the large ones are passed over unread. */
async function* topFields(file: FileHandle, size: number): AsyncGenerator<Field> {
  for (let at = 0, count = 0; at < size && count < mostFields; ++count) {
    const { buffer: head, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, at);
    const { header, length } = headOf(head.subarray(0, bytesRead));
    const whole = header + length;
    if (whole <= mostBytes) {
      const { buffer: bytes } = await file.read(Buffer.alloc(whole), 0, whole, at);
      yield* fields({ bytes, start: 0, end: whole });
    }
    at += whole;
  }
}

/** How many bytes a field's head has, and how many follow it. */
function headOf(head: Buffer): { readonly header: number; readonly length: number } {
  const [tag, afterTag] = varint(head, 0);
  const [value, afterValue] = varint(head, afterTag);
  switch (tag % 8) {
    case 0:
      return { header: afterValue, length: 0 };
    case 2:
      return { header: afterValue, length: value };
    case 1:
      return { header: afterTag, length: 8 };
    case 5:
      return { header: afterTag, length: 4 };
    default:
      throw new Error('no field');
  }
}

function varint(bytes: Buffer, from: number): [value: number, next: number] {
  let value = 0;
  for (let at = from, scale = 1; at < from + 10 && at < bytes.length; ++at, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at + 1];
  }
  return [0, bytes.length];
}

class Made {
  readonly #texts = new Map<number, string>();
  readonly #opset: Record<string, number> = {};
  readonly #metadata: Record<string, string> = {};
  #irVersion: number | undefined;
  #notes: string | undefined;

  see({ number, value, span }: Field): void {
    const { irVersion, producer, producerVersion, opset, metadata } = field.model;
    if (number === irVersion) this.#irVersion = value;
    if (!span) return;
    if (number === producer || number === producerVersion) this.#texts.set(number, shortText(span));
    if (number === opset && Object.keys(this.#opset).length < mostEntries) this.#seeOpset(span);
    if (number === metadata && Object.keys(this.#metadata).length < mostEntries) this.#seeEntry(span);
  }

  told(): Origin {
    const { producer, producerVersion } = field.model;
    const framework = {
      ...given('producer', this.#texts.get(producer)),
      ...given('producerVersion', this.#texts.get(producerVersion)),
      ...(this.#irVersion !== undefined && { irVersion: this.#irVersion }),
      ...(Object.keys(this.#opset).length > 0 && { opset: this.#opset }),
      ...(Object.keys(this.#metadata).length > 0 && { metadata: this.#metadata }),
    };
    return {
      framework,
      namesMaker: 'producer' in framework,
      ...commitIn(Object.entries(this.#metadata)),
      ...notesOf(this.#notes),
    };
  }

  #seeOpset(span: Span): void {
    let domain = '';
    let version = 0;
    for (const part of fields(span)) {
      if (part.number === field.opset.domain && part.span) domain = shortText(part.span);
      else if (part.number === field.opset.version) version = [...integers(part)][0] ?? 0;
    }
    setOwn(this.#opset, domain === '' ? 'ai.onnx' : domain, version);
  }

  #seeEntry(span: Span): void {
    let [key, value] = ['', ''];
    for (const part of fields(span)) {
      if (part.number === field.entry.key && part.span) key = shortText(part.span);
      else if (part.number === field.entry.value && part.span) value = textOf(part.span);
    }
    if (key === notesKey) this.#notes = value;
    else if (key !== '') setOwn(this.#metadata, key, shortened(value));
  }
}

/** Whatever the key is called: `__proto__` is data. */
function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function given<K extends string>(name: K, text: string | undefined): Partial<Record<K, string>> {
  return text === undefined || text === '' ? {} : ({ [name]: text } as Record<K, string>);
}

function shortText(span: Span): string {
  return shortened(textOf(span));
}

function shortened(text: string): string {
  return text.length > mostText ? `${text.slice(0, mostText)}…` : text;
}
