import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
/** The header of an ELF64 file, and where in it the section table is described (elf(5)). */
const header = { bytes: 64, sectionOffset: 40, sectionEntrySize: 58, sectionCount: 60 };
/**
 * Whether a shared library ends before its section table, which linkers put last (the disk was full, or a copy was
 * interrupted). Opening such a file kills the process with SIGBUS instead of failing. False for other
 * files and for unreadable ones: opening them gives the reason.
 */
export function isTruncatedElf(path) {
    try {
        return isCutOff(path);
    }
    catch {
        return false;
    }
}
function isCutOff(path) {
    const file = openSync(path, 'r');
    try {
        const head = Buffer.alloc(header.bytes);
        const read = readSync(file, head, 0, header.bytes, 0);
        if (read < 5 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2)
            return false;
        if (read < header.bytes)
            return true;
        const table = Number(head.readBigUInt64LE(header.sectionOffset));
        const bytes = head.readUInt16LE(header.sectionEntrySize) * head.readUInt16LE(header.sectionCount);
        return fstatSync(file).size < table + bytes;
    }
    finally {
        closeSync(file);
    }
}
