/** Fetches one pinned wheel with `pip download`, so that the mirrors, proxies and credentials of pip's settings apply. */
import { spawn, spawnSync } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
/** Any Python will do, as it only fetches files. */
const pythons = ['python3', 'python'];
/** The command of a Python with pip. @throws ERR_DOWNLOAD with the commands that were tried and how to get one */
export function findPip(env = process.env) {
    const tried = [];
    for (const name of pythons) {
        const result = spawnSync(name, ['-m', 'pip', '--version'], { env, encoding: 'utf8' });
        if (result.status === 0)
            return name;
        tried.push(`  ${name} -m pip: ${reason(result)}`);
    }
    throw torchError('ERR_DOWNLOAD', 'LibTorch is fetched with pip, but no Python with pip was found\n' +
        `${tried.join('\n')}\n` +
        '  fix: set NODE_LIBTORCH_MIRROR to a folder or URL that has the wheels, or get pip:\n' +
        '       apt-get install -y python3 python3-pip (Debian, Ubuntu), dnf install -y python3-pip (Fedora, RHEL),\n' +
        '       brew install python (macOS), or set LIBTORCH=/path/to/an/unpacked/libtorch');
}
function reason(result) {
    if (result.error !== undefined)
        return result.error.code === 'ENOENT' ? 'not on PATH' : result.error.message;
    return result.stderr.trim().split('\n').at(-1) || `exit code ${result.status}`;
}
/** The arguments of `pip download` for a pin. They name the very file, whichever Python runs pip. */
export function pipArguments(pin, folder) {
    const platforms = pin.platforms.flatMap((platform) => ['--platform', platform]);
    return [
        ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check'],
        ...[
            '--no-input',
            '--python-version',
            '3.11',
            '--implementation',
            pin.abi === 'none' ? 'py' : 'cp',
            '--abi',
            pin.abi,
        ],
        ...platforms,
        ...['--dest', folder, `${pin.project}==${pin.version}`],
    ];
}
/** Fetches a wheel into `folder` and returns its path. Its bytes are still to be checked. */
export async function pipDownload(pin, folder, options) {
    // Inside the folder, which is removed in the end: a pip that is stopped removes nothing.
    const temporary = join(folder, 'tmp');
    await mkdir(temporary, { recursive: true });
    const env = { ...(options.env ?? process.env), TMPDIR: temporary };
    const args = pipArguments(pin, folder);
    const { end, output } = await run(args, env, options);
    if (end !== 0)
        throw failed(pin, `pip ended with ${end}`, options.python, args, output);
    const path = join(folder, pin.file);
    await access(path).catch(() => {
        throw failed(pin, `pip did not download ${pin.file}`, options.python, args, output);
    });
    return path;
}
function run(args, env, options) {
    return new Promise((resolve, reject) => {
        options.signal?.throwIfAborted();
        // pip's progress goes to our stderr: stdout is for data.
        const stdio = options.progress ? ['ignore', 2, 'pipe'] : ['ignore', 'ignore', 'pipe'];
        const child = spawn(options.python, args, { env, stdio: [...stdio] });
        const stop = () => void child.kill('SIGTERM');
        options.signal?.addEventListener('abort', stop, { once: true });
        let output = '';
        child.stderr?.setEncoding('utf8').on('data', (text) => {
            output = (output + text).slice(-4000);
        });
        child.once('error', reject);
        child.once('close', (code, signal) => {
            options.signal?.removeEventListener('abort', stop);
            if (options.signal?.aborted)
                reject(options.signal.reason);
            else
                resolve({ end: code ?? signal, output });
        });
    });
}
function failed(pin, what, python, args, output) {
    const lines = output
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .slice(-4);
    return torchError('ERR_DOWNLOAD', `Could not fetch ${pin.project} ${pin.version}: ${what}\n` +
        lines.map((line) => `  ${line}\n`).join('') +
        `  tried: ${python} ${args.join(' ')}\n` +
        '  fix: check the network and pip settings (pip config list; PIP_INDEX_URL, HTTPS_PROXY), then try again');
}
