/** Puts extracted files into the cache so that other processes see a complete set or none. */
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestName, readManifest } from '../find/cache.js';
import { headersFolder, headersRecord } from './inventory.js';
import { moveInto, writeFileAtomic } from '../../files/atomic.js';
/** Moves a new set in as one folder. Files that complete an existing set are moved one by one, and the manifest last. */
export async function install(fresh, set, staging, extracted) {
    const part = manifestOf(extracted);
    const known = readManifest(set);
    const manifest = { ...known, ...part, files: { ...known?.files, ...part.files } };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    if (known === undefined) {
        await writeFile(join(fresh, manifestName), text);
        return moveIn(fresh, set, staging);
    }
    await mkdir(join(set, 'lib'), { recursive: true });
    for (const name of Object.keys(part.files))
        await rename(join(fresh, name), join(set, name));
    if (existsSync(join(fresh, headersFolder)))
        await moveInto(join(set, headersFolder), join(fresh, headersFolder), staging);
    await writeFileAtomic(join(set, manifestName), text);
}
/** If another run has finished first, its set stays: it is the same and may be in use. */
async function moveIn(fresh, set, staging) {
    await rename(fresh, set).catch(async (error) => {
        const known = readManifest(set);
        const fetched = readManifest(fresh);
        if (known !== undefined && (known.headers !== undefined || fetched?.headers === undefined))
            return;
        if (!existsSync(set))
            throw error;
        await moveInto(set, fresh, staging);
    });
}
function manifestOf({ version, platform, kind, files }) {
    const isHeader = ([name]) => name.startsWith(`${headersFolder}/`);
    const headers = [...files].filter(isHeader);
    return {
        version,
        platform,
        kind,
        files: Object.fromEntries([...files].filter((file) => !isHeader(file))),
        ...(headers.length > 0 && { headers: headersRecord(new Map(headers)) }),
    };
}
