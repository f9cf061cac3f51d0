import { isUtf8 } from 'node:buffer';
import type { ExtraFile } from '../../model/info.js';
import { notesFile } from '../../model/notes.js';
import type { ZipArchive, ZipEntry } from '../../model/zip-archive.js';
import { mostSignatureBytes } from './written-signature.js';

/** Files that are listed, at most. */
const maxFiles = 256;
/** Of one text that is read; longer ones are listed with their size alone. */
const maxTextBytes = 64 * 1024;
/** Of all texts together. */
const maxAllBytes = 2 ** 20;

/** What `_extra_files` put beside the model: class names, the size of an image. Short texts are read. */
export async function readExtraFiles(archive: ZipArchive): Promise<readonly ExtraFile[]> {
  const found: ExtraFile[] = [];
  let room = maxAllBytes;
  for (const entry of archive.entries) {
    const name = /^[^/]+\/extra\/(.+)$/.exec(entry.name)?.[1];
    if (name === undefined || found.length === maxFiles) continue;
    const text = entry.unpacked <= Math.min(maxTextBytes, room) ? await textOf(archive, entry) : undefined;
    if (text !== undefined) room -= entry.unpacked;
    found.push(Object.freeze({ name, bytes: entry.unpacked, ...(text !== undefined && { text }) }));
  }
  return Object.freeze(found);
}

/** What the exporter wrote of the model, and why it was not read where it was not. */
export interface WrittenNotes {
  readonly text?: string | undefined;
  readonly warning?: string | undefined;
}

export async function readNotes(archive: ZipArchive): Promise<WrittenNotes> {
  const path = `/extra/${notesFile}`;
  const entry = archive.entries.find(
    ({ name }) => name.endsWith(path) && name.indexOf('/') === name.length - path.length,
  );
  if (!entry) return {};
  if (entry.unpacked <= mostSignatureBytes) return { text: await textOf(archive, entry) };
  return {
    warning: `${notesFile} in the file has ${entry.unpacked} bytes: a signature is read from at most ${mostSignatureBytes}, so none was`,
  };
}

/** Undefined for bytes that are no text. */
async function textOf(archive: ZipArchive, entry: ZipEntry): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  for await (const piece of await archive.pieces(entry)) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : undefined;
}
