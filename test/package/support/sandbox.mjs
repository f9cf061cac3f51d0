// A machine that has Node and nothing else: an empty HOME, and a PATH with node, a package manager and a shell.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm11 } from './tools.mjs';

const apps = fileURLToPath(new URL('../apps/', import.meta.url));
/** For one command; a test that compiles gives more. */
const limitMs = 480_000;

/** What the shell scripts that package managers make for commands need. */
const basics = ['sh', 'dirname', 'basename', 'sed', 'uname', 'env', 'cat'];

/** Groups of processes that run: none outlives this program. A test that is given up leaves them behind, and Ctrl-C reaches it alone. */
const living = new Set();
process.once('exit', () => living.forEach(kill));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export class Sandbox {
  #folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  #env;
  #running = new Set();
  app = join(this.#folder, 'app');
  node;

  /** @param npm the file of the package manager that is `npm` here */
  constructor({ registry, node = process.execPath, npm = npm11 }) {
    this.node = node;
    const home = join(this.#folder, 'home');
    const bin = join(this.#folder, 'bin');
    for (const folder of [home, bin, this.app]) mkdirSync(folder);
    symlinkSync(node, join(bin, 'node'));
    for (const name of basics) {
      const path = ['/bin', '/usr/bin'].map((folder) => join(folder, name)).find((file) => existsSync(file));
      symlinkSync(path, join(bin, name));
    }
    const script = (file) => `#!/bin/sh\nexec ${JSON.stringify(node)} ${JSON.stringify(file)} "$@"\n`;
    writeFileSync(join(bin, 'npm'), script(npm), { mode: 0o755 });
    writeFileSync(join(bin, 'npx'), script(npm.replace('npm-cli', 'npx-cli')), { mode: 0o755 });
    writeFileSync(join(home, '.npmrc'), `registry=${registry.url}\nupdate-notifier=false\nfetch-retries=5\n`);
    writeFileSync(join(this.app, 'package.json'), '{ "private": true }\n');
    const { NODE_EXTRA_CA_CERTS, TERM } = process.env;
    this.#env = { HOME: home, PATH: bin, TMPDIR: tmpdir(), TERM, NO_COLOR: '1' };
    if (NODE_EXTRA_CA_CERTS) this.#env.NODE_EXTRA_CA_CERTS = NODE_EXTRA_CA_CERTS;
  }

  /** The folder that is its PATH. */
  get bin() {
    return this.#env.PATH;
  }

  /** Puts files of test/package/apps into the app. */
  add(...names) {
    for (const name of names) copyFileSync(join(apps, name), join(this.app, name));
    return this;
  }

  /** Starts a command of the sandbox's PATH in the app. */
  spawn(command, args = [], { env = {}, ...options } = {}) {
    const child = spawn(command, args, {
      cwd: this.app,
      env: { ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, which ends as one: npx and package managers do not hand signals on.
      detached: true,
      ...options,
    });
    for (const group of [this.#running, living]) {
      group.add(child);
      child.once('close', () => group.delete(child));
    }
    return child;
  }

  /** Runs a command to its end. */
  async run(command, args, { limit = limitMs, ...options } = {}) {
    const child = this.spawn(command, args, options);
    const timer = setTimeout(() => kill(child), limit);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const [status, signal] = await once(child, 'close');
    clearTimeout(timer);
    return { status, signal, stdout, stderr };
  }

  /** As run(); whatever does not end with 0 is an error with all that was printed. */
  async ok(command, args, options) {
    const { status, signal, stdout, stderr } = await this.run(command, args, options);
    if (status === 0) return stdout;
    throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}:\n${stdout}${stderr}`);
  }

  remove() {
    for (const child of this.#running) kill(child);
    // What was killed a moment ago may still be writing.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

function kill({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
