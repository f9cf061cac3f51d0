/** `node-libtorch build`: compiles the published sources against the LibTorch that is found. */
import { accessSync, constants, existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
import { isClone, packageRoot } from '../../files/package-root.js';
import { checkPlatform } from '../platform.js';
import { probe } from '../probe.js';
import { checkTools, compile } from './compile.js';
import { libtorchForBuild } from './for-build.js';
/**
 * Compiles, and tries the result in a child process.
 * @throws ERR_BUILD (tools, cmake-js, compiler, a folder that cannot be written to), ERR_LIBTORCH_VERSION, ERR_DOWNLOAD (headers)
 */
export async function buildAddon(options = {}) {
    checkPlatform();
    const { env = process.env, report, signal } = options;
    const root = packageRoot();
    requireWritable(root);
    checkTools(root, env);
    const libtorch = await libtorchForBuild({ ...options, fetchesOthers: true });
    report?.step(`Compiling against LibTorch ${libtorch.version} (${libtorch.libDir})`);
    const settings = { root, ...libtorch, env, ...(signal && { signal }) };
    if (isClone()) {
        // What `npm run build` builds in: another folder's modules there would pass for its own.
        const folder = await compile(settings);
        await tryOut(env);
        return { folder, libtorch };
    }
    const compiled = await compile({ ...settings, out: join(root, 'build/addon') });
    return { folder: await putInPlace(root, compiled, () => tryOut(env)), libtorch };
}
/** Moves the modules to `build/Release`, where they are looked for. If `check` fails, the previous ones are put back. */
export async function putInPlace(root, compiled, check) {
    const folder = join(root, 'build/Release');
    const before = join(root, 'build/before');
    if (existsSync(before))
        await rm(folder, { recursive: true, force: true }); // a run that was killed left both
    else if (existsSync(folder))
        await rename(folder, before);
    try {
        await cp(compiled, folder, { recursive: true });
        await check();
    }
    catch (error) {
        await rm(folder, { recursive: true, force: true });
        if (existsSync(before))
            await rename(before, folder);
        throw error;
    }
    await rm(before, { recursive: true, force: true });
    return folder;
}
async function tryOut(env) {
    const result = await probe({ env });
    if (!result.ok)
        throw torchError('ERR_BUILD', `The compiled addon does not load: [${result.code}] ${result.message}`);
}
function requireWritable(root) {
    try {
        accessSync(root, constants.W_OK);
    }
    catch (cause) {
        const what = `Expected to write to ${root}, where the compiled addon goes, but that is not permitted`;
        throw torchError('ERR_BUILD', `${what}\n  fix: run it as the user who installed node-libtorch`, { cause });
    }
}
