import type { StoredEntry } from '../stored-zip.js';

/** The entries of a file of torch.export.save, which are all stored. */
export function entriesOfFile(bytes: Buffer): readonly StoredEntry[] {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const entries: StoredEntry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; --left) {
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    entries.push({ name, data: bytes.subarray(data, data + bytes.readUInt32LE(at + 24)) });
    at += 46 + nameLength + extra + comment;
  }
  return entries.filter(({ name }) => !name.includes('sample_inputs'));
}
