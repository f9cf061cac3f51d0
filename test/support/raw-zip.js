import { crc32 } from 'node:zlib';
/** A zip archive that may lie about itself in every way. */
export function rawZip(entries, end = {}) {
    const files = [];
    const directory = [];
    let at = 0;
    for (const entry of entries) {
        const { name, body = Buffer.alloc(0), method = 0, zip64 } = entry;
        const label = Buffer.from(name);
        const packed = zip64 ? 0xffffffff : (entry.packed ?? body.length);
        const unpacked = zip64 ? 0xffffffff : (entry.unpacked ?? body.length);
        const offset = zip64 ? 0xffffffff : (entry.offset ?? at);
        const extra = zip64
            ? Buffer.concat([u16(1, zip64.length * 8), ...zip64.map(u64)])
            : (entry.extra ?? Buffer.alloc(0));
        const common = [u16(0x800, method, 0, 0x21), u32(crc32(body), packed, unpacked), u16(label.length)];
        if (entry.offset === undefined) {
            files.push(u32(0x04034b50), u16(20), ...common, u16(0), label, body);
            at += 30 + label.length + body.length;
        }
        directory.push(u32(0x02014b50), u16(20, 20), ...common, u16(extra.length, 0, 0, 0), u32(0, offset), label, extra);
    }
    const size = directory.reduce((sum, part) => sum + part.length, 0);
    const count = end.count ?? entries.length;
    const start = end.directoryOffset ?? at;
    const big = end.zip64Count === undefined
        ? []
        : [
            ...[u32(0x06064b50), u64(44n), u16(45, 45), u32(0, 0)],
            ...[end.zip64Count, end.zip64Count, BigInt(size), end.zip64Offset ?? BigInt(at)].map(u64),
            ...[u32(0x07064b50, 0), u64(end.locatorTarget ?? BigInt(at + size)), u32(1)],
        ];
    const comment = end.comment ?? Buffer.alloc(0);
    const last = [u32(0x06054b50), u16(0, 0, count, count), u32(size, start), u16(comment.length), comment];
    return Buffer.concat([...files, ...directory, ...big, ...last]);
}
function u16(...values) {
    const buffer = Buffer.alloc(values.length * 2);
    values.forEach((value, i) => buffer.writeUInt16LE(value, i * 2));
    return buffer;
}
function u32(...values) {
    const buffer = Buffer.alloc(values.length * 4);
    values.forEach((value, i) => buffer.writeUInt32LE(value, i * 4));
    return buffer;
}
function u64(value) {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(value);
    return buffer;
}
