/** Fetches a pinned wheel, from the mirror if one is set, else with pip, and checks its sha256. */
import { existsSync, statSync } from 'node:fs';
import { copyFile, link, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { torchError } from '../../errors.js';
import { bytesOf, download, plain } from './download.js';
import { requirePinned } from '../../files/hash.js';
import { findPip, pipDownload } from './pip.js';
import { silent } from './progress.js';
import { requireSpace } from '../../files/space.js';
/** The path of the verified wheel, in the staging folder. @throws ERR_DOWNLOAD, ERR_INTEGRITY */
export async function fetchWheel(pin, options) {
    const { downloads, report = silent, env = process.env, signal } = options;
    const own = join(options.staging, pin.file);
    if (await isKept(downloads.path(pin.file), own, pin, signal))
        return own;
    const mirror = env.NODE_LIBTORCH_MIRROR;
    if (!mirror)
        return byPip(pin, own, options);
    if (/^[a-z][a-z+.-]+:/i.test(mirror))
        return byUrl(pin, mirrorUrl(mirror, pin.file), own, options);
    const path = join(resolve(mirror), pin.file);
    report.step(`Copying ${pin.file} from ${mirror}`);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
        throw torchError('ERR_DOWNLOAD', `Expected ${pin.file} in the mirror ${resolve(mirror)}, but it is missing\n` +
            `  fix: put it there (pip download ${pin.project}==${pin.version}), or unset NODE_LIBTORCH_MIRROR`);
    }
    await alsoAt(path, own);
    await requirePinned(own, pinned(pin, `put the wheel of that name into the mirror ${resolve(mirror)}`, path), signal);
    return own;
}
const pinned = (pin, fix, name = pin.file) => ({ sha256: pin.sha256, name, fix });
/** Whether an earlier run has kept the wheel. It is verified again, as it may have been there for days. */
async function isKept(kept, own, pin, signal) {
    if (!existsSync(kept))
        return false;
    try {
        await alsoAt(kept, own);
        await requirePinned(own, pinned(pin, 'fetch it again'), signal);
        return true;
    }
    catch {
        signal?.throwIfAborted();
        await rm(own, { force: true });
        await rm(kept, { force: true });
        return false;
    }
}
async function alsoAt(path, other) {
    const real = await realpath(path); // a hard link to a symbolic link would be a symbolic link
    await link(real, other).catch(async () => {
        await requireSpace(dirname(other), await bytesOf(real), basename(other));
        await copyFile(real, other);
    });
}
function mirrorUrl(mirror, file) {
    if (!URL.canParse(mirror) || !/^https?:/i.test(mirror)) {
        const what = 'Expected NODE_LIBTORCH_MIRROR to be a folder or an http(s) URL, but it is neither';
        throw torchError('ERR_DOWNLOAD', `${what}\n  fix: write it as https://host/folder`);
    }
    const url = new URL(mirror);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(file)}`;
    return url;
}
async function byPip(pin, own, options) {
    const { downloads, report = silent, env, signal } = options;
    const python = findPip(env);
    await requireSpace(downloads.folder, pin.bytes, pin.file);
    report.step(`Fetching ${pin.file}`);
    const scratch = downloads.scratch(pin.file);
    try {
        const path = await pipDownload(pin, scratch, { python, progress: report.live, env, signal });
        const fix = 'check the package index and proxy that pip uses (pip config list), then try again';
        await requirePinned(path, pinned(pin, fix), signal);
        await alsoAt(path, own);
        await rename(path, downloads.path(pin.file));
    }
    finally {
        await rm(scratch, { recursive: true, force: true });
    }
    return own;
}
async function byUrl(pin, url, own, options) {
    const { downloads, report = silent } = options;
    const part = await downloads.claim(pin.file);
    try {
        let had = await bytesOf(part);
        await requireSpace(downloads.folder, pin.bytes - had, pin.file);
        while (!(await isFetched(pin, url, part, had > 0, options))) {
            report.step(`The partial download of ${pin.file} belongs to another file; starting again`);
            had = 0;
        }
        await alsoAt(part, own);
        await rename(part, downloads.path(pin.file));
    }
    finally {
        await downloads.release(part, pin.file);
    }
    return own;
}
/** False if the bytes are wrong and an earlier run may have written them (an error page, an older file). They are removed either way. */
async function isFetched(pin, url, part, resumes, options) {
    const { report = silent, signal } = options;
    const bar = report.bar(`Fetching ${pin.file}`, pin.bytes);
    try {
        await download(url, part, { bytes: pin.bytes, bar, signal });
    }
    finally {
        bar.end();
    }
    try {
        const fix = 'check that file on the mirror, and any proxy in between, then try again';
        await requirePinned(part, pinned(pin, fix, `${pin.file} of ${plain(url).host}`), signal);
        return true;
    }
    catch (error) {
        if (error.code !== 'ERR_INTEGRITY')
            throw error;
        await rm(part, { force: true });
        if (resumes)
            return false;
        throw error;
    }
}
