/** Names in a zip archive, by its last bytes: enough to say what it is without opening it. */

const zipMark = Buffer.from('PK\x03\x04');
const entryMark = Buffer.from('PK\x01\x02');
const endMark = Buffer.from('PK\x05\x06');
/** The fixed part of an entry of the directory; name, extra fields and comment follow. */
const entryBytes = 46;
/** Two records of the large format may stand between the directory and its end. */
const between = 76;

export function isZip(head: Buffer): boolean {
  return head.subarray(0, 4).equals(zipMark);
}

/**
 * The names of the directory, as far as it lies in the tail. Nothing is checked: whoever loads the archive says what is wrong
 * with it.
 */
export function namesInTail(tail: Buffer): string[] {
  const names: string[] = [];
  const end = tail.lastIndexOf(endMark);
  const size = end >= 0 && end + 16 <= tail.length ? tail.readUInt32LE(end + 12) : tail.length;
  let at = tail.indexOf(entryMark, Math.max(0, (end < 0 ? tail.length : end) - size - between));
  while (at >= 0 && at + entryBytes <= tail.length) {
    const [name, extra, comment] = [28, 30, 32].map((field) => tail.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    names.push(tail.toString('utf8', at + entryBytes, at + entryBytes + name));
    at = tail.indexOf(entryMark, at + entryBytes + name + extra + comment);
  }
  return names;
}
