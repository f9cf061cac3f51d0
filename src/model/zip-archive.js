import { inflateRawSync } from 'node:zlib';
import { describe, torchError } from '../errors.js';
export const defaultArchiveLimits = {
    entries: 10_000,
    nameBytes: 255,
    ratio: 20,
    codeBytes: 256 * 2 ** 20,
};
/** The fixed part of a local header; a name and padding follow. */
const localHeaderBytes = 30;
/** PK 3 4 */
const localHeaderMark = 0x04034b50;
/** Of an entry that is unpacked at once, on the event loop: well below a millisecond. */
const smallBytes = 64 * 1024;
/** A zip archive in memory, whose directory was read and whose sizes, names and places were checked. */
export class ZipArchive {
    entries;
    #bytes;
    #zip;
    #raw;
    constructor(bytes, zip, raw) {
        this.#bytes = bytes;
        this.#zip = zip;
        this.#raw = raw;
        this.entries = [...raw.keys()];
    }
    /**
     * @param noZip the error for what is no zip archive
     * @param check what else must hold of every entry; it throws
     * @throws what `noZip` makes, or ERR_UNSAFE_ARCHIVE for hostile sizes, names and places
     */
    static async open(bytes, noZip, limits = defaultArchiveLimits, check) {
        const zip = await openZip(bytes, noZip);
        const raw = await readDirectory(zip, limits);
        for (const entry of raw.keys()) {
            check?.(entry);
            checkEntry(entry, limits);
        }
        checkOverlap([...raw.keys()], bytes.length);
        return new ZipArchive(bytes, zip, raw);
    }
    /** The unpacked bytes in pieces; more or fewer than the directory says are an error of the stream. */
    stream(entry) {
        return new Promise((resolve, reject) => {
            this.#zip.openReadStream(this.#raw.get(entry), (error, stream) => {
                if (error)
                    reject(unsafe(`entry ${describe(entry.name)} cannot be read (${error.message})`));
                else
                    resolve(stream);
            });
        });
    }
    /** The unpacked bytes in pieces, as `stream`; those of a small entry at once, which takes a tenth of the time. */
    async pieces(entry) {
        const small = entry.unpacked <= smallBytes ? this.#unpacked(entry) : undefined;
        return small ? [small] : (await this.stream(entry));
    }
    /** Undefined for what is not as the directory says; the stream then says what is wrong with it. */
    #unpacked({ offset, packed, unpacked, stored }) {
        const bytes = this.#bytes;
        if (offset + localHeaderBytes > bytes.length || bytes.readUInt32LE(offset) !== localHeaderMark)
            return undefined;
        const begin = offset + localHeaderBytes + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
        const body = bytes.subarray(begin, begin + packed);
        if (stored)
            return body.length === unpacked ? body : undefined;
        try {
            const found = inflateRawSync(body, { maxOutputLength: Math.max(1, unpacked) });
            return found.length === unpacked ? found : undefined;
        }
        catch {
            return undefined;
        }
    }
}
function checkEntry({ name, packed, unpacked, stored }, limits) {
    if (Buffer.byteLength(name) > limits.nameBytes)
        throw unsafe('an entry has a name of more than 255 bytes');
    if (stored && packed !== unpacked)
        throw unsafe(`entry ${describe(name)} is stored, yet its two sizes differ`);
    if (unpacked > 2 ** 20 && unpacked > packed * limits.ratio) {
        throw unsafe(`entry ${describe(name)} unpacks to more than ${limits.ratio} times its size`);
    }
}
/** Entries that share bytes are how a small file unpacks to a large one although no single entry is compressed. */
function checkOverlap(entries, fileBytes) {
    let end = 0;
    for (const { name, offset, packed } of entries.toSorted((a, b) => a.offset - b.offset)) {
        if (offset < end)
            throw unsafe(`entry ${describe(name)} overlaps another`);
        end = offset + localHeaderBytes + packed;
        if (end > fileBytes)
            throw unsafe(`entry ${describe(name)} lies beyond the end of the file`);
    }
}
async function openZip(bytes, noZip) {
    // A program that loads no archive does not pay for the library.
    const { default: yauzl } = await import('yauzl');
    const options = { lazyEntries: true, validateEntrySizes: true, strictFileNames: true, autoClose: false };
    return new Promise((resolve, reject) => {
        yauzl.fromBuffer(bytes, options, (error, zip) => {
            if (error)
                reject(noZip(error.message));
            else
                resolve(zip);
        });
    });
}
function readDirectory(zip, limits) {
    return new Promise((resolve, reject) => {
        if (zip.entryCount > limits.entries) {
            reject(unsafe(`it has ${zip.entryCount} entries, more than ${limits.entries}`));
            return;
        }
        const entries = new Map();
        const seen = new Set();
        zip.on('entry', (entry) => {
            const { fileName: name, compressedSize: packed, uncompressedSize: unpacked, crc32: crc } = entry;
            if (seen.has(name)) {
                reject(unsafe(`entry ${describe(name)} is there twice`));
                return;
            }
            seen.add(name);
            const stored = entry.compressionMethod === 0;
            const [offset, mode] = [entry.relativeOffsetOfLocalHeader, entry.externalFileAttributes >>> 16];
            entries.set({ name, packed, unpacked, stored, offset, crc, mode }, entry);
            zip.readEntry();
        });
        zip.on('end', () => {
            resolve(entries);
        });
        zip.on('error', (fault) => {
            reject(unsafe(`reading its directory failed: ${describe(fault.message)}`));
        });
        zip.readEntry();
    });
}
export function unsafe(why) {
    return torchError('ERR_UNSAFE_ARCHIVE', `Expected an archive as PyTorch writes it, but ${why}`);
}
