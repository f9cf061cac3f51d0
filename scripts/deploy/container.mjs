/** Runs programs in a folder as a container engine runs them in an image: namespaces of their own, a user, no privileges, a root that is read-only. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Every program of the image runs with the privileges of its user, and no way to others. */
const asUser = ({ uid, gid }) => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--clear-groups',
  '--no-new-privs',
  '--bounding-set=-all',
];

const withEnv = ({ env, folder }, more = {}) => [
  ...['env', '-i', '-C', folder],
  ...Object.entries({ PATH: path, HOME: '/', ...env, ...more }).map(([name, value]) => `${name}=${value}`),
];

/** The words of `unshare`. Mounts: folders of this machine by where they are in the root, to be read only. */
function wordsOf(image, { args, env, mounts = {} }) {
  for (const at of Object.keys(mounts)) mkdirSync(join(image.root, at), { recursive: true });
  const script = [
    'set -e',
    'root=$0',
    'mount --bind "$root" "$root"',
    ...Object.entries(mounts).map(
      ([at, from]) => `mount --bind '${from}' "$root${at}" && mount -o remount,bind,ro "$root${at}"`,
    ),
    'mount -t proc proc "$root/proc"',
    'mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"',
    'mount -t tmpfs -o mode=755 tmpfs "$root/dev"',
    'for name in null zero random urandom; do touch "$root/dev/$name"; mount --bind "/dev/$name" "$root/dev/$name"; done',
    'mount -o remount,bind,ro "$root"',
    'exec chroot "$root" "$@"',
  ].join('\n');
  const program = [...withEnv(image, env), ...asUser(image.user), ...image.entrypoint, ...args];
  return ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, image.root, ...program];
}

/** Runs the image's program until it ends by itself. */
export function runOnce(image, args) {
  return spawnSync('unshare', wordsOf(image, { args }), { encoding: 'utf8', timeout: 60_000 });
}

export class Container {
  #image;
  #options;
  #child;
  #ended;

  static async start(image, options) {
    const container = new Container(image, options);
    // unshare, which has forked process 1.
    while (container.pid === undefined) await sleep(20);
    return container;
  }

  constructor(image, options) {
    this.#image = image;
    this.#options = options;
    this.#child = spawn('unshare', wordsOf(image, options), { stdio: ['ignore', 'ignore', 2] });
    this.#ended = once(this.#child, 'exit').then(([code]) => code);
  }

  /** Process 1 as this machine numbers it. */
  get pid() {
    const { pid } = this.#child;
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return first === undefined ? undefined : Number(first);
  }

  identity() {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const numbers = (name) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)[1].split(/\s+/).map(Number);
    return { uid: numbers('Uid')[0], namespacePid: numbers('NSpid').at(-1) };
  }

  /** Another program of the container, as `docker exec` starts one. */
  run(words) {
    const inside = ['--target', String(this.pid), '--mount', '--pid', '--root'];
    const all = [...withEnv(this.#image, this.#options.env), ...asUser(this.#image.user), ...words];
    return spawnSync('nsenter', [...inside, '--', ...all], { encoding: 'utf8' });
  }

  runHealthCheck() {
    return this.run(this.#image.health).status;
  }

  /** Waits for the health check of the image. */
  async healthy() {
    const until = Date.now() + 120_000;
    while (this.runHealthCheck() !== 0) {
      if (this.#child.exitCode !== null || Date.now() > until) throw new Error('It did not become healthy');
      await sleep(200);
    }
  }

  /** Sends process 1 a signal and returns the exit code. */
  async stop(signal) {
    process.kill(this.pid, signal);
    return this.#ended;
  }

  kill() {
    // With unshare process 1 ends too, and with that everything of its namespace.
    this.#child.kill('SIGKILL');
  }
}
