/** Tries the addon and LibTorch in a child process, so that a bad binary crashes there instead of here. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { remedies } from './remedies.js';
const defaultEntry = fileURLToPath(new URL('./probe-entry.js', import.meta.url));
/** Runs the probe. Never rejects: a crash of the child is a result too. */
export function probe(options = {}) {
    const { env = process.env, timeoutMs = 60_000, entry = defaultEntry } = options;
    const started = performance.now();
    return new Promise((resolve) => {
        const settings = { env, timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' };
        execFile(process.execPath, [entry], settings, (error, stdout, stderr) => {
            const said = parse(stdout);
            if (error === null && said !== undefined) {
                const milliseconds = Math.round(performance.now() - started);
                resolve(said.ok ? { ...said, milliseconds } : said);
            }
            else if (error?.killed) {
                resolve(bad(`did not end within ${timeoutMs} ms`));
            }
            else if (error?.signal) {
                resolve({
                    ...bad(`was ended by ${error.signal}${said?.ok ? ' after it had answered' : ''}${tail(stderr)}`),
                    signal: error.signal,
                });
            }
            else {
                resolve(bad(`ended with exit code ${error?.code ?? 0} and no result${tail(stderr)}`));
            }
        });
    });
}
function bad(what) {
    const message = `A process that tried the addon ${what}\n` +
        `  fix: if another LibTorch does the same (LIBTORCH=/path, or node-libtorch setup --cpu --verify), the addon is at fault:\n` +
        `       ${remedies.rebuild()}; node-libtorch doctor shows what is used`;
    return { ok: false, code: 'ERR_ADDON_LOAD', message };
}
function tail(stderr) {
    const lines = stderr.trim().split('\n').slice(-3).join('\n  ');
    return lines === '' ? '' : `\n  ${lines}`;
}
function parse(stdout) {
    try {
        return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    }
    catch {
        return undefined;
    }
}
