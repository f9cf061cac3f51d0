import { unwatchFile, watchFile } from 'node:fs';
/** How often a file is looked at. Secrets of Kubernetes are links that change as a whole: only looking finds that out. */
const lookEveryMs = 1000;
/**
 * Calls back when one of the files has another content, perhaps: another time, size or file behind the name. It keeps no
 * process alive. Returns what ends it.
 */
export function watchFiles(paths, onChange) {
    const listener = (now, before) => {
        if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size)
            onChange();
    };
    for (const path of paths)
        watchFile(path, { persistent: false, interval: lookEveryMs }, listener);
    return () => {
        for (const path of paths)
            unwatchFile(path, listener);
    };
}
