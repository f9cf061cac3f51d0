import { crc32, deflateRawSync } from 'node:zlib';
/** A zip archive as Python's wheel tools write it: deflated, with Unix permissions. */
export function zip(entries) {
    const parts = [];
    const directory = [];
    let offset = 0;
    for (const { name, data, mode = 0o644 } of entries) {
        const raw = Buffer.from(data);
        const packed = deflateRawSync(raw);
        const fields = [
            [8, 2],
            [0, 2],
            [0x21, 2],
            [crc32(raw), 4],
            [packed.length, 4],
            [raw.length, 4],
            [Buffer.byteLength(name), 2],
            [0, 2],
        ];
        const local = number([[0x04034b50, 4], [20, 2], [0, 2], ...fields]);
        parts.push(local, Buffer.from(name), packed);
        // The upper half of the external attributes holds the Unix mode; 3 is Unix as the maker.
        const attributes = ((0o100000 | mode) << 16) >>> 0;
        directory.push(number([
            [0x02014b50, 4],
            [(3 << 8) | 20, 2],
            [20, 2],
            [0, 2],
            ...fields,
            [0, 2],
            [0, 2],
            [0, 2],
            [attributes, 4],
            [offset, 4],
        ]), Buffer.from(name));
        offset += local.length + Buffer.byteLength(name) + packed.length;
    }
    const size = directory.reduce((sum, part) => sum + part.length, 0);
    const count = entries.length;
    const end = number([
        [0x06054b50, 4],
        [0, 2],
        [0, 2],
        [count, 2],
        [count, 2],
        [size, 4],
        [offset, 4],
        [0, 2],
    ]);
    return Buffer.concat([...parts, ...directory, end]);
}
/** Little-endian numbers of 2 or 4 bytes. */
function number(fields) {
    return Buffer.concat(fields.map(([value = 0, bytes]) => {
        const buffer = Buffer.alloc(bytes ?? 4);
        buffer.writeUIntLE(value, 0, bytes ?? 4);
        return buffer;
    }));
}
