import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { root } from '../support/paths.js';

/** Files that hold others: models, and lists of arrays. */
const archives = /\.(pt|pt2|zip|npz|mar)$/;
/** Folders of whoever made the file. */
const madeHere = /(?:\/root\/|\/home\/|\/tmp\/|\/Users\/)[^"\0]{0,80}|[^"\0\s]{0,40}site-packages/;

/** The bytes of each entry, by the central directory: what is compressed is unpacked. */
function* entriesOf(file: Buffer): Generator<readonly [name: string, content: Buffer]> {
  let at = file.readUInt32LE(file.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1')) + 16);
  while (at + 46 <= file.length && file.readUInt32LE(at) === 0x02014b50) {
    const [method, size, nameLength] = [
      file.readUInt16LE(at + 10),
      file.readUInt32LE(at + 20),
      file.readUInt16LE(at + 28),
    ];
    const local = file.readUInt32LE(at + 42);
    const begin = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const content = file.subarray(begin, begin + size);
    yield [file.toString('utf8', at + 46, at + 46 + nameLength), method === 0 ? content : inflateRawSync(content)];
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
}

describe('models of the repository', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  const files = tracked.filter((name) => archives.test(name) || name.endsWith('.onnx'));

  it('hold no path of the machine that made them', () => {
    expect(files.length).to.be.greaterThan(20);
    let entries = 0;
    for (const name of files) {
      const file = readFileSync(join(root, name));
      const isArchive = file.subarray(0, 2).toString('latin1') === 'PK';
      for (const [entry, content] of isArchive ? entriesOf(file) : [['', file] as const]) {
        entries++;
        // strip_program of scripts/export/node_libtorch_export.py takes them out.
        expect(madeHere.exec(content.toString('latin1'))?.[0], `${name} ${entry}`).to.equal(undefined);
      }
    }
    expect(entries).to.be.greaterThan(200);
  });
});
