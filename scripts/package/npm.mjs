import { execFileSync } from 'node:child_process';

/** Runs npm: the one that runs this script, if there is one. On Windows `npm` itself is a script of the shell. */
export function npm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('.js')) return execFileSync(process.execPath, [cli, ...args], options);
  return execFileSync('npm', args, { shell: process.platform === 'win32', ...options });
}
