/** A reader of DER for the few members of a certificate that Node does not show. Every length is checked. */
import { invalid } from './form.js';

/** One value: its tag, and the bytes inside of it. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
}

export const derTags = { boolean: 1, integer: 2, bitString: 3, octetString: 4, oid: 6, sequence: 0x30 } as const;

/** The values that follow one another in these bytes. @throws ERR_SIGNATURE_INVALID for what is no DER */
export function derValues(bytes: Buffer): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] as number;
    const [length, from] = lengthAt(bytes, at + 1);
    // Tags of several bytes are in no certificate.
    if ((tag & 0x1f) === 0x1f || from + length > bytes.length) throw notDer();
    values.push({ tag, content: bytes.subarray(from, from + length) });
    at = from + length;
  }
  return values;
}

/** What is in a value of this tag. */
export function derContent(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag) throw notDer();
  return value.content;
}

function lengthAt(bytes: Buffer, at: number): [length: number, next: number] {
  const first = bytes[at];
  if (first === undefined) throw notDer();
  if (first < 0x80) return [first, at + 1];
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 1 + count > bytes.length) throw notDer();
  const length = bytes.readUIntBE(at + 1, count);
  // The shortest form only.
  if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw notDer();
  return [length, at + 1 + count];
}

/** A whole number that is small, such as a path length. */
export function derSmallInteger(content: Buffer): number {
  if (content.length === 0 || content.length > 4 || (content[0] as number) > 0x7f) throw notDer();
  return content.readUIntBE(0, content.length);
}

/** The dotted form of an object identifier. */
export function derOid(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const [i, byte] of content.entries()) {
    if (arc > 2 ** 40) throw notDer();
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) {
      if (i === content.length - 1) throw notDer();
      continue;
    }
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - 40 * top, ...rest].join('.');
}

const notDer = () => invalid('Expected a certificate in DER');
