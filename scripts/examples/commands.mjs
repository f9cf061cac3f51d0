// Runs the commands of a header, in the project of an example. Port 3000, which headers print, becomes a free one; curl takes an
// answer of an error as a fault.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const printedPort = '3000';
const limitMs = 240_000;
const stopLimitMs = 20_000;
const prelude = 'set -e -o pipefail\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n';

/** Groups of processes that run. None outlives this program. */
const living = new Set();
const endAll = () => living.forEach((child) => process.kill(-child.pid, 'SIGKILL'));
process.once('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export class Commands {
  #folder;
  #env;
  #port;

  /**
   * @param folder where they run
   * @param path folders in front of PATH
   * @param env further variables
   */
  constructor(folder, port, path = [], env = {}) {
    this.#folder = folder;
    this.#port = port;
    this.#env = {
      ...process.env,
      PATH: [...path, join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter),
      PORT: port,
      NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0', // nothing is in front of it that has to notice its end
      NEXT_TELEMETRY_DISABLED: '1',
      NO_COLOR: '1',
      ...env,
    };
  }

  /** Runs one to its end. @returns what it printed. Throws when it fails */
  async run(command) {
    const { child, text } = this.#spawn(command);
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), limitMs);
    const [status, signal] = await once(child, 'close');
    clearTimeout(timer);
    if (status !== 0) throw new Error(`«${command}» ended with ${status ?? signal}\n${text()}`);
    return text('stdout');
  }

  /** Starts one, and waits until the port answers. @returns what stops it and gives its exit code */
  async start(command) {
    const { child, text } = this.#spawn(`exec ${command}`);
    const ended = once(child, 'close');
    const stop = async () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGTERM');
      const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), stopLimitMs);
      const [status, signal] = await ended;
      clearTimeout(timer);
      return { status, signal, text: text() };
    };
    for (const until = Date.now() + limitMs; !(await this.#answers()); await sleep(50)) {
      if (child.exitCode === null && Date.now() < until) continue;
      const { status, signal } = await stop();
      throw new Error(`«${command}» does not answer (${status ?? signal})\n${text()}`);
    }
    return stop;
  }

  #answers() {
    return fetch(`http://127.0.0.1:${this.#port}/`).then(
      () => true,
      () => false,
    );
  }

  #spawn(command) {
    const script = command.replaceAll(printedPort, this.#port);
    const options = { cwd: this.#folder, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
    const child = spawn('bash', ['-c', `${prelude}${script}\n`], options);
    living.add(child);
    child.once('exit', () => living.delete(child));
    const said = { stdout: '', stderr: '' };
    for (const name of Object.keys(said)) {
      child[name].setEncoding('utf8').on('data', (chunk) => (said[name] += chunk));
    }
    return { child, text: (name) => (name ? said[name] : `${said.stdout}${said.stderr}`.slice(-4000)) };
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
}
