/** Which files of a set are there: by size (fast) or by sha256 (on request). */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../find/cache.js';
import { digestFile } from '../../files/hash.js';
export const headersFolder = 'include';
/** The wheels that a set still needs, by its manifest and by the sizes of its files. */
export function missingWheels(set, pin, headers, manifest = readManifest(set)) {
    return pin.wheels.filter((wheel) => lacksFiles(set, wheel, manifest) || (headers && lacksHeaders(set, wheel, manifest)));
}
/** Whether a file of the wheel is not in the set, or not at its recorded size. */
export function lacksFiles(set, wheel, manifest = readManifest(set)) {
    return wheel.files.some(({ to }) => {
        const record = manifest?.files[to];
        return record === undefined || sizeOnDisk(join(set, to)) !== record.bytes;
    });
}
/** Whether the wheel has headers that the set lacks. They are moved in as one folder, so checking that it exists is enough. */
export function lacksHeaders(set, wheel, manifest = readManifest(set)) {
    if (wheel.headers === undefined)
        return false;
    return manifest?.headers === undefined || sizeOnDisk(join(set, headersFolder)) === undefined;
}
function sizeOnDisk(path) {
    return statSync(path, { throwIfNoEntry: false })?.size;
}
/** The one record of all headers: sha256 over the sorted lines `<sha256>  <name>`, as sha256sum prints them. */
export function headersRecord(files) {
    const lines = [...files].map(([name, { sha256 }]) => `${sha256}  ${name}\n`);
    const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
    return { count: files.size, bytes, sha256: createHash('sha256').update(lines.sort().join('')).digest('hex') };
}
/** The names of the libraries of a set that are missing or do not have the recorded sha256. */
export async function faultyFiles(set, signal) {
    const faulty = [];
    for (const [name, { sha256 }] of Object.entries(readManifest(set)?.files ?? {})) {
        const found = await digestFile(join(set, name), name, signal).catch(() => undefined);
        signal?.throwIfAborted();
        if (found?.sha256 !== sha256)
            faulty.push(name);
    }
    return faulty;
}
