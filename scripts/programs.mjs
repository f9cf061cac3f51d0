/**
 * node scripts/programs.mjs chromium|prometheus …: prints where a program of Debian's is that tests and profiles drive, one path a line.
 * What is missing is installed with apt-get by root in a Debian system; elsewhere it says what to do, and exits with 1.
 * In a test: `findProgram('chromium')` for the path or undefined, `programPath('chromium')` for the path or an error that says why.
 */

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** THE TABLE. Package: Debian's. Names: what may be in PATH. Variable: names another one. */
const programs = {
  chromium: { package: 'chromium', names: ['chromium', 'chromium-browser', 'google-chrome'], variable: 'CHROMIUM' },
  prometheus: { package: 'prometheus', names: ['prometheus'], variable: 'PROMETHEUS' },
  // A part of the same package.
  promtool: { package: 'prometheus', names: ['promtool'], variable: 'PROMTOOL' },
  perf: { package: 'linux-perf', names: ['perf'], variable: 'PERF' },
  strace: { package: 'strace', names: ['strace'], variable: 'STRACE' },
  haproxy: { package: 'haproxy', names: ['haproxy'], variable: 'HAPROXY' },
  nginx: { package: 'nginx-light', names: ['nginx'], variable: 'NGINX' },
  'systemd-analyze': { package: 'systemd', names: ['systemd-analyze'], variable: 'SYSTEMD_ANALYZE' },
  debootstrap: { package: 'debootstrap', names: ['debootstrap'], variable: 'DEBOOTSTRAP' },
  // In no package of Debian: go install helm.sh/helm/v3/cmd/helm@v3.22.0
  helm: { package: 'helm', names: ['helm'], variable: 'HELM' },
};

/** apt-get may hold its lock for another one, and Chromium is 100 MB. */
const installMs = 600_000;

/** The path of a program that is there already; undefined otherwise. @param {string} name a row of the table */
export function findProgram(name) {
  const { names, variable } = rowOf(name);
  const said = process.env[variable];
  if (said) return said;
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((file) => folders.map((folder) => join(folder, file))).find(isProgram);
}

/**
 * The path of a program, which is installed if it is missing and may be.
 * @param {string} name a row of the table
 * @throws an error that says what to do
 */
export function programPath(name) {
  const found = findProgram(name);
  if (found) return found;
  const fault = install(rowOf(name).package);
  const installed = findProgram(name);
  if (installed) return installed;
  const { package: debian, variable } = rowOf(name);
  throw new Error(
    `${name} is not there, and cannot be installed here: ${fault ?? 'its package has no such program'}\n` +
      `  fix: apt-get install ${debian}, or name the program in the variable ${variable}`,
  );
}

function rowOf(name) {
  if (!Object.hasOwn(programs, name)) {
    throw new Error(`Expected one of ${Object.keys(programs).join(', ')} but received ${name}`);
  }
  return programs[name];
}

/** Says why it could not; undefined when apt-get did it. */
function install(debian) {
  if (!existsSync('/usr/bin/apt-get')) return 'this system has no apt-get';
  if (process.getuid?.() !== 0) return 'only root may install packages';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...words) =>
    spawnSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...words], {
      env,
      stdio: ['ignore', 2, 2],
      timeout: installMs,
    });
  const get = () => run('install', '--no-install-recommends', debian);
  if (get().status === 0) return undefined;
  // The list of packages may be old, or not there.
  run('update');
  const { status, error } = get();
  return status === 0 ? undefined : `apt-get failed (${error?.message ?? `status ${status}`})`;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = process.argv.slice(2);
  if (names.length === 0) {
    console.error(`usage: node scripts/programs.mjs ${Object.keys(programs).join('|')} …`);
    process.exitCode = 2;
  }
  try {
    for (const name of names) console.log(programPath(name));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
