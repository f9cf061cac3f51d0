/**
 * The commit of a source, as it was stated. None is taken from the repository around a file: the commit that holds an artifact
 * is not the one that it was made from.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, torchError } from '../../errors.js';

const run = promisify(execFile);
const timeoutMs = 10_000;

/**
 * Undefined where git says no, or is not there. No hook and no monitor of the repository is started; `status` does start the
 * filters that it names for files that may have changed (`filter.<name>.clean`), as it would for whoever works in it.
 */
async function git(folder: string, ...args: readonly string[]): Promise<string | undefined> {
  const quiet = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  try {
    const { stdout } = await run('git', [...quiet, ...args], { cwd: folder, env, timeout: timeoutMs });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Of SHA-1 or of SHA-256, which git has too; the hub has the first alone. */
const isObjectId = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/**
 * A commit as it was stated: a full hash as it is, anything else as git in the working directory reads it.
 * @throws ERR_INVALID_ARGUMENT for what git does not know, and for `HEAD` while tracked files differ from it
 */
export async function statedCommit(stated: string, folder = process.cwd()): Promise<string> {
  if (isObjectId(stated)) return stated;
  const isName = /^[A-Za-z0-9][\w./@{}^~-]{0,199}$/.test(stated);
  const commit = isName ? await git(folder, 'rev-parse', '--verify', '--quiet', `${stated}^{commit}`) : undefined;
  if (commit === undefined || !isObjectId(commit)) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected a commit of 40 or 64 hex digits, or a name that git knows in the working directory, for sourceCommit but received ${describe(stated)}`,
    );
  }
  if (stated !== 'HEAD' || (await git(folder, 'status', '--porcelain', '--untracked-files=no')) === '') return commit;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    'Expected committed sources for sourceCommit HEAD, but files differ from it: commit them first, or name the commit itself',
  );
}
