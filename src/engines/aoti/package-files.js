import { crc32 } from 'node:zlib';
import { describe, torchError } from '../../errors.js';
import { archiveKind, compiledArchive } from '../../model/archive-kind.js';
import { fileKind, fileKindBytes } from '../../model/file-kind.js';
import { unsafe, ZipArchive } from '../../model/zip-archive.js';
const modelFile = /^data\/aotinductor\/([^/]+)\/([^/]+)$/;
const [fileTypeMask, regularFile] = [0o170000, 0o100000];
/** Of entries that are read into memory, and in one turn of the event loop: of large models they have 2 MiB. */
export const maxText = 16 * 2 ** 20;
/**
 * Reads the directory of a package, without unpacking, and refuses what PyTorch does not write.
 * @throws ERR_MODEL_FORMAT for what is no package with one compiled model, ERR_UNSAFE_ARCHIVE for hostile sizes, names and kinds
 */
export async function readPackage(bytes) {
    const archive = await ZipArchive.open(bytes, (reason) => noZip(bytes, reason));
    checkKind(archive.entries.map(({ name }) => name));
    const files = filesOf(archive.entries);
    const compressed = archive.entries.reduce((sum, { stored, unpacked }) => sum + (stored ? 0 : unpacked), 0);
    if (compressed > 256 * 2 ** 20)
        throw unsafe(`what it compresses unpacks to ${compressed} bytes`);
    const models = new Set([...files.keys()].flatMap((path) => modelFile.exec(path)?.[1] ?? []));
    const [model] = models;
    if (model === undefined)
        throw format('a zip archive without a compiled model');
    if (models.size > 1) {
        throw format(`a package of ${models.size} models; package each by itself`);
    }
    const find = (pattern) => [...files].flatMap(([path, entry]) => (pattern.test(modelFile.exec(path)?.[2] ?? '') ? [entry] : []));
    const libraries = find(/\.so$/);
    if (libraries.length === 0) {
        // LibTorch would run a compiler with a command line out of the package.
        throw format('a package without its compiled library (.so); leave aot_inductor.package_cpp_only off');
    }
    const [metadata] = find(/wrapper_metadata\.json$/).concat(find(/_metadata\.json$/));
    if (!metadata)
        throw format('a package without its metadata');
    const patterns = [/\.wrapper\.cpp$/, /\.wrapper\.json$/, /\.blob$/];
    const [source, operators, blob] = patterns.map((pattern) => find(pattern)[0]);
    return {
        ...{ archive, model, libraries, metadata, source, operators, blob },
        kernels: find(/\.kernel\.cpp$/),
        files: wanted(files),
        program: files.get(`models/${model}.json`),
    };
}
/**
 * A small entry's bytes, checked against its checksum.
 * @throws ERR_UNSAFE_ARCHIVE
 */
export async function readEntry(archive, entry) {
    if (entry.unpacked > maxText)
        throw unsafe(`entry ${describe(entry.name)} has ${entry.unpacked} bytes`);
    const pieces = [];
    for await (const piece of await archive.stream(entry))
        pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (crc32(bytes) !== entry.crc)
        throw unsafe(`entry ${describe(entry.name)} has bytes that its checksum is not of`);
    return bytes;
}
/** The first bytes of an entry: at least as many as asked for, where it has them. */
export async function headOf(archive, entry, bytes) {
    const pieces = [];
    let length = 0;
    for await (const piece of await archive.stream(entry)) {
        pieces.push(piece);
        length += piece.length;
        if (length >= bytes)
            break; // which also ends the stream
    }
    return Buffer.concat(pieces);
}
/** Entries by their path below the archive's one root folder, which has the name that the file had when it was written. */
function filesOf(entries) {
    const files = new Map();
    const spellings = new Set();
    const root = entries.every(({ name }) => /^[^/]+\//.test(name) && !name.startsWith('data/'))
        ? (entries[0]?.name.split('/')[0] ?? '')
        : undefined;
    for (const entry of entries) {
        const { name, mode, unpacked } = entry;
        checkName(name);
        const type = mode & fileTypeMask;
        if (name.endsWith('/')) {
            if (unpacked > 0)
                throw unsafe(`folder ${describe(name)} has contents of its own`);
            continue;
        }
        if (type !== 0 && type !== regularFile)
            throw unsafe(`entry ${describe(name)} is a link or a device`);
        if (root !== undefined && !name.startsWith(`${root}/`))
            throw unsafe('its entries lie in several folders');
        const path = root === undefined ? name : name.slice(root.length + 1);
        // File systems that fold case would write one over the other.
        const spelling = path.normalize('NFC').toLowerCase();
        if (spellings.has(spelling))
            throw unsafe(`entry ${describe(name)} is there twice`);
        spellings.add(spelling);
        files.set(path, entry);
    }
    for (const spelling of spellings) {
        for (let end = spelling.indexOf('/'); end >= 0; end = spelling.indexOf('/', end + 1)) {
            if (spellings.has(spelling.slice(0, end)))
                throw unsafe(`${describe(spelling.slice(0, end))} is both a file and a folder`);
        }
    }
    return files;
}
function checkName(name) {
    const segments = name.replace(/\/$/, '').split('/');
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    if (/[\u0000-\u001f\u007f\\:]/.test(name) || segments.some((part) => part === '' || part === '.' || part === '..')) {
        throw unsafe(`entry ${describe(name)} has a name that may lead out of the package's folder`);
    }
}
/** Sources are for people. They would also be what LibTorch compiles, if it came to that. */
function wanted(files) {
    return new Map([...files].filter(([path]) => !/\.(cpp|h|cu|blob)$|_flags\.json$|^\.data\//.test(path)));
}
function noZip(bytes, reason) {
    const kind = fileKind(bytes.subarray(0, fileKindBytes), bytes.length);
    if (kind)
        return format(`${kind.what}${kind.what.includes('zip') ? ` (${reason})` : ', which is no zip archive'}`, kind.advice);
    return format(`no zip archive (${reason})`);
}
/** Before anything else of an archive is held to the rules of a package. */
function checkKind(names) {
    const kind = archiveKind(names);
    if (kind && kind !== compiledArchive)
        throw format(kind.what, kind.advice);
}
const exportIt = 'make one with torch._inductor.aoti_compile_and_package (docs/aotinductor.md)';
function format(what, advice = exportIt) {
    return torchError('ERR_MODEL_FORMAT', `Expected an AOTInductor package but received ${what}; ${advice}`);
}
