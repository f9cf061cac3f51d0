import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder, packageRoot } from '../../files/package-root.js';
import { docsScript, docsStyle } from './docs-page.js';
const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';
/** Of Swagger UI. A published package has them in `swagger-ui/` (scripts/package/swagger-ui.mjs). */
const libraryFiles = [
    ['swagger-ui-bundle.js', script],
    ['swagger-ui.css', style],
];
let known;
/** The files of /docs, read once in a process; undefined where Swagger UI is neither in this package nor installed. */
export function docsAssets() {
    return (known ??= findAssets([join(packageRoot(), 'swagger-ui'), packageFolder('swagger-ui-dist')]));
}
/** @param folders where Swagger UI may be: the first that has all of its files is taken */
export async function findAssets(folders) {
    for (const folder of folders) {
        const files = folder === undefined ? undefined : await readAll(folder);
        if (!files)
            continue;
        const hash = createHash('sha256');
        for (const { bytes } of files.values())
            hash.update(bytes);
        return { digest: hash.digest('hex').slice(0, 16), files };
    }
    return undefined;
}
async function readAll(folder) {
    try {
        const files = new Map();
        for (const [name, contentType] of libraryFiles) {
            files.set(name, { contentType, bytes: await readFile(join(folder, name)) });
        }
        files.set('docs.js', { contentType: script, bytes: Buffer.from(docsScript) });
        files.set('docs.css', { contentType: style, bytes: Buffer.from(docsStyle) });
        return files;
    }
    catch {
        return undefined;
    }
}
