import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { describe, isError, torchError } from '../../errors.js';
import { unsafe } from '../../model/zip-archive.js';
/**
 * Writes entries into a folder of ours, piece by piece.
 * @throws ERR_UNSAFE_ARCHIVE when an entry is not what the directory says, ERR_MODEL_LOAD when the disk refuses, or `signal.reason`
 */
export async function unpack(archive, files, folder, signal) {
    for (const [path, entry] of files) {
        signal?.throwIfAborted();
        const target = join(folder, path);
        await onDisk(() => mkdir(dirname(target), { recursive: true, mode: 0o700 }));
        await write(archive, entry, target, signal);
    }
}
async function write(archive, entry, target, signal) {
    // wx: nothing is there yet, and nothing is followed.
    const file = await onDisk(() => open(target, 'wx', entry.name.endsWith('.so') ? 0o700 : 0o600));
    try {
        const stream = await archive.stream(entry);
        let crc = 0;
        try {
            const take = async (piece) => {
                signal?.throwIfAborted();
                crc = crc32(piece, crc);
                await onDisk(() => file.writeFile(piece)); // all of it, where write may do a part
            };
            // Not `for await`, which would take all that has gathered as one copy: the stream of an entry in memory has all.
            await pipeline(stream, eachPiece(take));
        }
        catch (error) {
            signal?.throwIfAborted();
            if (!isError(error) || 'code' in error)
                throw error;
            throw unsafe(`entry ${describe(entry.name)} cannot be unpacked (${error.message})`);
        }
        if (crc !== entry.crc)
            throw unsafe(`entry ${describe(entry.name)} has bytes that its checksum is not of`);
    }
    finally {
        await file.close();
    }
}
function eachPiece(take) {
    return new Writable({
        write(piece, _encoding, done) {
            take(piece).then(() => {
                done();
            }, done);
        },
    });
}
async function onDisk(action) {
    try {
        return await action();
    }
    catch (cause) {
        const reason = cause.code ?? 'no reason given';
        throw torchError('ERR_MODEL_LOAD', `Expected to unpack the package but received ${reason} from the disk`, {
            cause,
        });
    }
}
