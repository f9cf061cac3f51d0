/** Files and folders that are seen whole or not at all. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
/**
 * Writes a file beside its place and renames it: readers see the old content or the new one, after a crash too.
 * @throws what the file system says; the file is then as it was
 */
export async function writeFileAtomic(path, content) {
    const fresh = `${path}.${randomUUID()}`;
    try {
        const file = await open(fresh, 'wx');
        try {
            await file.writeFile(content);
            await file.sync();
        }
        finally {
            await file.close();
        }
        await rename(fresh, path);
    }
    catch (error) {
        await rm(fresh, { force: true });
        throw error;
    }
}
/**
 * Moves a finished file or folder to its place. A folder that is there already is put aside into `aside`, a folder of the same
 * file system.
 */
export async function moveInto(place, finished, aside) {
    for (let attempt = 0;; attempt++) {
        try {
            await rename(finished, place);
            return;
        }
        catch (error) {
            const { code } = error;
            if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || attempt === 3)
                throw error;
            await rename(place, join(aside, `old-${attempt}`)).catch(() => undefined);
        }
    }
}
