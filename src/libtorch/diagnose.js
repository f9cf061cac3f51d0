/** Everything a bug report needs, as one JSON-able object. Names no secrets and no models. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, release, totalmem } from 'node:os';
import { findAddon } from './find/addon-files.js';
import { findCacheRoot } from './find/cache.js';
import { candidates } from './find/locate.js';
import { checkPrebuilt, readPrebuilt } from './find/prebuilt.js';
import { ownManifest } from '../files/package-root.js';
import { checkPlatform, currentPlatform } from './platform.js';
import { probe } from './probe.js';
import { libtorchVersion } from './version.js';
const interestingFlags = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16'];
const variables = [
    ...[
        'LIBTORCH',
        'NODE_LIBTORCH_CACHE',
        'XDG_CACHE_HOME',
        'LD_LIBRARY_PATH',
        'LD_PRELOAD',
        'VIRTUAL_ENV',
        'NODE_OPTIONS',
    ],
    ...['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OMP_WAIT_POLICY', 'ATEN_CPU_CAPABILITY', 'CUDA_VISIBLE_DEVICES'],
];
/** Collects the report. Takes about a second: it asks Python, and tries the addon in a child process. */
export async function diagnose() {
    const platform = currentPlatform();
    const problem = messageOf(() => {
        checkPlatform(platform);
    });
    const result = await probe();
    const addon = findAddonOrReason();
    const wanted = result.torchVersion ?? libtorchVersion;
    return {
        ok: problem === undefined && result.ok,
        version: ownManifest().version,
        libtorchWanted: wanted,
        platform: { ...platform, kernel: release(), problem },
        cpu: {
            model: cpus()[0]?.model ?? 'unknown',
            cores: availableParallelism(),
            quota: read('/sys/fs/cgroup/cpu.max'),
            flags: cpuFlags(),
        },
        memory: { totalBytes: totalmem(), freeBytes: freemem(), limit: read('/sys/fs/cgroup/memory.max') },
        libtorch: [...candidates({ version: wanted })],
        cache: findCacheRoot(),
        addon,
        probe: result,
        env: Object.fromEntries(variables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))),
    };
}
function cpuFlags() {
    const line = /^flags\s*:(.*)$/m.exec(read('/proc/cpuinfo') ?? '')?.[1];
    if (line === undefined)
        return undefined;
    const flags = new Set(line.trim().split(' '));
    return Object.fromEntries(interestingFlags.map((flag) => [flag, flags.has(flag)]));
}
function findAddonOrReason() {
    let path;
    let prebuilt;
    const problem = messageOf(() => {
        const files = findAddon();
        path = files.addon;
        if (files.prebuilt === undefined)
            return;
        prebuilt = readPrebuilt(files.prebuilt);
        checkPrebuilt(files.prebuilt, currentPlatform());
    });
    return { path, prebuilt, problem };
}
function messageOf(action) {
    try {
        action();
        return undefined;
    }
    catch (error) {
        return error.message;
    }
}
function read(path) {
    try {
        return readFileSync(path, 'utf8').trim();
    }
    catch {
        return undefined;
    }
}
