/** Run by probe.ts in a child process: loads everything, asks LibTorch about itself, prints one line of JSON. */
import { TorchError } from '../errors.js';
import { addonTorchVersion, loadNative } from './load.js';
function plain(value) {
    if (Array.isArray(value))
        return value.map(plain);
    if (typeof value === 'bigint')
        return Number(value);
    if (typeof value !== 'object' || value === null || !('keys' in value))
        return value;
    const { keys, values } = value;
    return Object.fromEntries(keys.map((key, i) => [key, plain(values[i])]));
}
const torchVersion = addonTorchVersion();
try {
    const { addon, addonPath, libtorch } = await loadNative({ intraOpThreads: 1 });
    addon.initialise(() => undefined, 1, 1);
    console.log(JSON.stringify({ ok: true, torchVersion, addonPath, libtorch, runtime: plain(addon.runtimeInfo()) }));
}
catch (error) {
    const { code, message } = error instanceof TorchError ? error : { code: 'ERR_ADDON_LOAD', message: String(error) };
    console.log(JSON.stringify({ ok: false, torchVersion, code, message }));
}
