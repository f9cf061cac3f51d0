/** Fetches one pinned wheel with `pip download`, so that the mirrors, proxies and credentials of pip's settings apply. */

import { spawn, spawnSync } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { torchError } from '../../errors.js';
import type { WheelPin } from './wheel-pin.js';

export interface PipOptions {
  /** The Python that runs pip, from `findPip`. */
  readonly python: string;
  /** Show pip's own progress; otherwise its output is kept for the error only. */
  readonly progress: boolean;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Any Python will do, as it only fetches files. */
const pythons = ['python3', 'python'];

/** The command of a Python with pip. @throws ERR_DOWNLOAD with the commands that were tried and how to get one */
export function findPip(env: NodeJS.ProcessEnv = process.env): string {
  const tried: string[] = [];
  for (const name of pythons) {
    const result = spawnSync(name, ['-m', 'pip', '--version'], { env, encoding: 'utf8' });
    if (result.status === 0) return name;
    tried.push(`  ${name} -m pip: ${reason(result)}`);
  }
  throw torchError(
    'ERR_DOWNLOAD',
    'LibTorch is fetched with pip, but no Python with pip was found\n' +
      `${tried.join('\n')}\n` +
      '  fix: set NODE_LIBTORCH_MIRROR to a folder or URL that has the wheels, or get pip:\n' +
      '       apt-get install -y python3 python3-pip (Debian, Ubuntu), dnf install -y python3-pip (Fedora, RHEL),\n' +
      '       brew install python (macOS), winget install Python.Python.3.12 (Windows), or set LIBTORCH=/path/to/an/unpacked/libtorch',
  );
}

function reason(result: { error?: Error; stderr: string; status: number | null }): string {
  if (result.error !== undefined)
    return (result.error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not on PATH' : result.error.message;
  return result.stderr.trim().split('\n').at(-1) || `exit code ${result.status}`;
}

/** The arguments of `pip download` for a pin. They name the very file, whichever Python runs pip. */
export function pipArguments(pin: WheelPin, folder: string): string[] {
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
export async function pipDownload(pin: WheelPin, folder: string, options: PipOptions): Promise<string> {
  // Inside the folder, which is removed in the end: a pip that is stopped removes nothing.
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const env = { ...(options.env ?? process.env), TMPDIR: temporary, TMP: temporary, TEMP: temporary };
  const args = pipArguments(pin, folder);
  const { end, output } = await run(args, env, options);
  if (end !== 0) throw failed(pin, `pip ended with ${end}`, options.python, args, output);
  const path = join(folder, pin.file);
  await access(path).catch(() => {
    throw failed(pin, `pip did not download ${pin.file}`, options.python, args, output);
  });
  return path;
}

interface Outcome {
  /** The exit code, or the signal that ended it. */
  readonly end: number | NodeJS.Signals | null;
  readonly output: string;
}

function run(args: string[], env: NodeJS.ProcessEnv, options: PipOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    // pip's progress goes to our stderr: stdout is for data.
    const stdio = options.progress ? (['ignore', 2, 'pipe'] as const) : (['ignore', 'ignore', 'pipe'] as const);
    const child = spawn(options.python, args, { env, stdio: [...stdio] });
    const stop = (): void => void child.kill('SIGTERM');
    options.signal?.addEventListener('abort', stop, { once: true });
    let output = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      options.signal?.removeEventListener('abort', stop);
      if (options.signal?.aborted) reject(options.signal.reason as Error);
      else resolve({ end: code ?? signal, output });
    });
  });
}

function failed(pin: WheelPin, what: string, python: string, args: string[], output: string): Error {
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .slice(-4);
  return torchError(
    'ERR_DOWNLOAD',
    `Could not fetch ${pin.project} ${pin.version}: ${what}\n` +
      lines.map((line) => `  ${line}\n`).join('') +
      `  tried: ${python} ${args.join(' ')}\n` +
      '  fix: check the network and pip settings (pip config list; PIP_INDEX_URL, HTTPS_PROXY), then try again',
  );
}
