// Runs the shell blocks of a page, in their order, as somebody would who reads it: in a folder with the package installed.
//   ```sh             must end with 0
//   ```sh background  is started, and runs until the next such block or the end of the page; what follows waits until it is ready
// A line that installs something is left out. A request that is answered by an error is a fault, unless -s alone asks for it: curl
// gets --fail here. The ports that pages print become free ones, so that a check disturbs no server.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const limitMs = 60_000;
/** What pages print: HTTP, gRPC, management, an app of the reader. */
const printed = ['8000', '8001', '9001', '3000'];

/** Commands that a page may use besides the machine's own: ours, as npm links it, and a curl that minds the status. */
function commands(project, root) {
  const bin = join(project, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  const main = JSON.stringify(join(root, 'dist/cli/main.js'));
  writeFileSync(join(bin, 'node-libtorch'), `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${main} "$@"\n`, {
    mode: 0o755,
  });
  return 'curl() { command curl --silent --show-error --fail-with-body "$@"; }\n';
}

export class Shell {
  #folder;
  #prelude;
  #ports;
  #server;

  /** @param project a folder that has the package in its node_modules */
  constructor(project, root) {
    this.#folder = project;
    this.#prelude = `set -e -o pipefail\n${commands(project, root)}`;
  }

  /** What the last command printed that ended. */
  printed;

  /** A text of the page with the ports of this check. */
  async withPorts(text) {
    this.#ports ??= await freePorts(printed.length);
    return text.replace(/\b(8000|8001|9001|3000)\b/g, (port) => this.#ports[printed.indexOf(port)]);
  }

  /** @returns what went wrong, if anything did */
  async run({ info, code }) {
    const script = await this.withPorts(code.filter((line) => !line.startsWith('npm install')).join('\n'));
    return info === 'sh background' ? this.#serve(script) : this.#end(this.#spawn(script));
  }

  async close() {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.child.exitCode !== null) return;
    const ended = once(server.child, 'close');
    process.kill(-server.child.pid, 'SIGTERM');
    await ended;
  }

  async #serve(script) {
    await this.close();
    this.#server = this.#spawn(script);
    const { child, text } = this.#server;
    for (const until = Date.now() + limitMs; ; await sleep(50)) {
      const ready = await fetch(`http://127.0.0.1:${this.#ports[0]}/health/ready`).catch(() => undefined);
      if (ready?.ok) return undefined;
      if (child.exitCode !== null || Date.now() > until) return `is not ready\n${text()}`;
    }
  }

  async #end({ child, text, stdout }) {
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), limitMs);
    const [status, signal] = await once(child, 'close');
    clearTimeout(timer);
    this.printed = stdout();
    return status === 0 ? undefined : `ended with ${status ?? signal}\n${text()}`;
  }

  #spawn(script) {
    const child = spawn('bash', ['-c', `${this.#prelude}${script}\n`], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, PORT: this.#ports[0], NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0', NO_COLOR: '1' },
    });
    let said = '';
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => (said = `${said}${chunk}`.slice(-2000)));
    }
    child.stdout.on('data', (chunk) => (out = `${out}${chunk}`.slice(0, 20_000)));
    return { child, text: () => said, stdout: () => out };
  }
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => String(server.address().port));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
