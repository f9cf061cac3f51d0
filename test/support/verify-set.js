import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestFile } from '#dist/files/hash.js';
import { headersFolder, headersRecord } from '#dist/libtorch/fetch/inventory.js';
import { readManifest } from '#dist/libtorch/find/cache.js';
/** Hashes a whole set again and lists every fault; empty when all is as recorded. */
export async function verifySet(set) {
    const manifest = readManifest(set);
    if (manifest === undefined)
        return [`${set}: no readable libtorch.json`];
    const faults = [];
    for (const [name, record] of Object.entries(manifest.files)) {
        const found = await digestFile(join(set, name)).catch(() => undefined);
        if (found === undefined)
            faults.push(`${name}: missing`);
        else if (found.sha256 !== record.sha256)
            faults.push(`${name}: expected sha256 ${record.sha256} but received ${found.sha256}`);
    }
    if (manifest.headers !== undefined) {
        const found = headersRecord(await hashTree(join(set, headersFolder)));
        if (found.sha256 !== manifest.headers.sha256) {
            faults.push(`${headersFolder}/: expected ${manifest.headers.count} headers as fetched but received ${found.count}`);
        }
    }
    return faults;
}
async function hashTree(root) {
    const files = new Map();
    if (!existsSync(root))
        return files;
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile())
            continue;
        const path = join(entry.parentPath, entry.name);
        const name = `${headersFolder}/${path.slice(root.length + 1).replaceAll('\\', '/')}`;
        files.set(name, await digestFile(path));
    }
    return files;
}
