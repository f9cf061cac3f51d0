/** Puts a verified LibTorch into the cache: fetch, check, extract, move into place. */
var __addDisposableResource = (this && this.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (this && this.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot, cachedSet, readManifest } from '../find/cache.js';
import { torchError } from '../../errors.js';
import { currentPlatform } from '../platform.js';
import { extract } from './extract.js';
import { install } from './install.js';
import { headersFolder, lacksFiles, lacksHeaders, missingWheels } from './inventory.js';
import { pinsFor } from './pins.js';
import { Downloads } from './partial-downloads.js';
import { fetchWheel } from './fetch-wheel.js';
import { fullDisk, makeCacheFolder } from '../../files/space.js';
import { silent } from './progress.js';
import { openStaging } from './staging.js';
/**
 * Makes sure that the cache holds the pinned LibTorch, fetching what is missing. A run that fails or is stopped leaves
 * no incomplete set behind. Several runs at the same time are safe.
 * @throws ERR_PLATFORM_UNSUPPORTED, ERR_DOWNLOAD, ERR_INTEGRITY, or `signal.reason`
 */
export async function provision(options = {}) {
    const { headers = false, triple = currentPlatform().triple, env = process.env } = options;
    const pin = options.pin ?? pinsFor(triple, options.kind, options.version);
    const set = cachedSet(triple, env, pin.version, pin.kind);
    const manifest = without(readManifest(set), options.faulty);
    const missing = missingWheels(set, pin, headers, manifest);
    if (missing.length > 0)
        await fetchInto(set, triple, pin, missing, manifest, options);
    return {
        pin,
        set,
        libDir: join(set, 'lib'),
        includeDir: join(set, headersFolder),
        fetched: missing.map((wheel) => wheel.file),
    };
}
function without(manifest, names = []) {
    if (manifest === undefined)
        return undefined;
    return {
        ...manifest,
        files: Object.fromEntries(Object.entries(manifest.files).filter(([name]) => !names.includes(name))),
    };
}
async function fetchInto(set, triple, pin, missing, manifest, options) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const root = cacheRoot(options.env);
        await makeCacheFolder(root);
        const staging = __addDisposableResource(env_1, await openStaging(root), true);
        const downloads = await Downloads.open(root);
        const fetch = { downloads, staging: staging.path, report: options.report, env: options.env, signal: options.signal };
        const fresh = join(staging.path, 'set');
        await mkdir(fresh);
        try {
            const files = new Map();
            for (const wheel of missing) {
                const wanted = {
                    files: lacksFiles(set, wheel, manifest),
                    headers: options.headers === true && lacksHeaders(set, wheel, manifest),
                };
                const path = await fetchWheel(wheel, fetch);
                for (const [name, record] of await takeWheel(wheel, path, wanted, fresh, options))
                    files.set(name, record);
            }
            options.signal?.throwIfAborted();
            await install(fresh, set, staging.path, { version: pin.version, platform: triple, kind: pin.kind, files });
            await downloads.discard(missing.map(({ file }) => file));
        }
        catch (error) {
            throw fullDisk(root, error);
        }
        options.report?.step(`LibTorch ${pin.version} is in ${set}`);
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        const result_1 = __disposeResources(env_1);
        if (result_1)
            await result_1;
    }
}
async function takeWheel(wheel, path, wanted, fresh, { report = silent, signal }) {
    const records = await extract(path, fresh, {
        select: selector(wheel, wanted),
        progress: (bytes) => report.bar(`Extracting ${wheel.project}`, bytes),
        ...(signal && { signal }),
    });
    const absent = wanted.files ? wheel.files.find(({ to }) => !records.has(to)) : undefined;
    if (absent !== undefined)
        throw torchError('ERR_INTEGRITY', `Expected ${absent.from} in ${wheel.file}, but it is missing`);
    return records;
}
function selector(wheel, wanted) {
    const files = new Map(wanted.files ? wheel.files.map(({ from, to }) => [from, to]) : []);
    const prefix = wanted.headers && wheel.headers !== undefined ? `${wheel.headers}/` : undefined;
    return (entry) => {
        if (prefix !== undefined && entry.startsWith(prefix))
            return `${headersFolder}/${entry.slice(prefix.length)}`;
        return files.get(entry);
    };
}
