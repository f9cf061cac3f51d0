import { torchError } from '../errors.js';
import { withModelFile } from '../files/regular-file.js';
import { fileKind, fileKindBytes } from '../model/file-kind.js';
/** Of the end of a file: the directory of a zip archive, whose names tell what it is. */
const tailBytes = 2 ** 20;
/**
 * The engine of a file whose extension says nothing.
 * @throws ERR_MODEL_FORMAT for what is no model, saying what it is where that is known; ERR_MODEL_LOAD for what cannot be read
 */
export async function sniffEngine(path, table) {
    const { head, tail, size } = await ends(path);
    if (size === 0)
        throw torchError('ERR_MODEL_FORMAT', `Expected a model in ${path} but it is empty`);
    for (const [name, row] of Object.entries(table)) {
        if (row.recognizes(head, tail))
            return name;
    }
    const extensions = Object.values(table).flatMap((row) => row.extensions);
    const kind = fileKind(head, size);
    const received = kind
        ? `${kind.what}; ${kind.advice}`
        : 'bytes of no known kind; set the option engine (--engine) if it is a model';
    throw torchError('ERR_MODEL_FORMAT', `Expected a model file (${extensions.join(', ')}) at ${path} but received ${received}`);
}
async function ends(path) {
    return await withModelFile(path, async ({ file, size }) => {
        const piece = async (from, length) => {
            const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
            return buffer.subarray(0, bytesRead);
        };
        const tail = Math.min(size, tailBytes);
        return { head: await piece(0, fileKindBytes), tail: await piece(size - tail, tail), size };
    });
}
