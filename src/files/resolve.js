import { createRequire } from 'node:module';
import { join } from 'node:path';
/**
 * The path of a package's file, found as Node finds it from `folder`, wherever the package manager has put it.
 * @param request e.g. `cmake-js/package.json`, or a package's name for its entry point
 * @returns undefined when it is not installed
 */
export function resolveFrom(folder, request) {
    try {
        return createRequire(join(folder, 'package.json')).resolve(request);
    }
    catch {
        return undefined;
    }
}
