import { isUtf8 } from 'node:buffer';
/** Files that are listed, at most. */
const maxFiles = 256;
/** Of one text that is read; longer ones are listed with their size alone. */
const maxTextBytes = 64 * 1024;
/** Of all texts together. */
const maxAllBytes = 2 ** 20;
/** What `_extra_files` put beside the model: class names, the size of an image. Short texts are read. */
export async function readExtraFiles(archive) {
    const found = [];
    let room = maxAllBytes;
    for (const entry of archive.entries) {
        const name = /^[^/]+\/extra\/(.+)$/.exec(entry.name)?.[1];
        if (name === undefined || found.length === maxFiles)
            continue;
        const text = entry.unpacked <= Math.min(maxTextBytes, room) ? await textOf(archive, entry) : undefined;
        if (text !== undefined)
            room -= entry.unpacked;
        found.push(Object.freeze({ name, bytes: entry.unpacked, ...(text !== undefined && { text }) }));
    }
    return Object.freeze(found);
}
/** Undefined for bytes that are no text. */
async function textOf(archive, entry) {
    const pieces = [];
    for await (const piece of await archive.pieces(entry))
        pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : undefined;
}
