/** Finds a Python that has pip. It only fetches files: which Python it is does not matter. */

import { spawnSync } from 'node:child_process';
import { torchError } from '../../errors.js';

const names = ['python3', 'python'];

/** The command of a Python with pip, or ERR_DOWNLOAD that says what was tried and how to get one. */
export function findPip(env: NodeJS.ProcessEnv = process.env): string {
  const tried: string[] = [];
  for (const name of names) {
    const result = spawnSync(name, ['-m', 'pip', '--version'], { env, encoding: 'utf8' });
    if (result.status === 0) return name;
    tried.push(`  ${name} -m pip: ${reason(result)}`);
  }
  throw torchError(
    'ERR_DOWNLOAD',
    'LibTorch is fetched with pip, and no Python with pip was found\n' +
      `${tried.join('\n')}\n` +
      '  fix: set NODE_LIBTORCH_MIRROR to a folder or URL that has the wheels, or get pip:\n' +
      '       apt-get install -y python3 python3-pip (Debian, Ubuntu), dnf install -y python3-pip (Fedora, RHEL),\n' +
      '       brew install python (macOS), or set LIBTORCH=/path/to/an/unpacked/libtorch',
  );
}

function reason(result: { error?: Error; stderr: string; status: number | null }): string {
  if (result.error !== undefined)
    return (result.error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not on PATH' : result.error.message;
  return result.stderr.trim().split('\n').at(-1) || `exit code ${result.status}`;
}
