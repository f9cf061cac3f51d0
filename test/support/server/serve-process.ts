import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { digitRequest, root } from '../paths.js';

export type Line = Record<string, unknown>;

export const main = `${root}dist/cli/main.js`;
export const digitBody = readFileSync(digitRequest);

/** A port that was free just now: for servers whose port must be known before they listen. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** A process that writes JSON lines, such as `node-libtorch serve`. */
export class LoggingProcess {
  readonly lines: Line[] = [];
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  #onLine = (): void => undefined;
  #isOver = false;

  constructor(readonly child: ChildProcess) {
    createInterface(child.stdout!).on('line', (text) => {
      // npm writes a few lines of its own.
      if (text.startsWith('{')) this.lines.push(JSON.parse(text) as Line);
      this.#onLine();
    });
    this.ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    void this.ended.then(() => {
      this.#isOver = true;
      this.#onLine();
    });
  }

  of(msg: string): Line[] {
    return this.lines.filter((line) => line['msg'] === msg);
  }

  /** Waits for so many lines of a message. */
  async seen(msg: string, count = 1): Promise<Line[]> {
    while (this.of(msg).length < count) {
      if (this.#isOver) throw new Error(`It ended before ${count} × "${msg}"`);
      await new Promise<void>((resolve) => (this.#onLine = resolve));
    }
    return this.of(msg);
  }

  async url(): Promise<string> {
    return String((await this.seen('listening'))[0]?.['url']);
  }

  async port(): Promise<number> {
    return Number(new URL(await this.url()).port);
  }

  /** Of `--admin-port`; a server that is ready has said it. */
  get adminPort(): number {
    const line = this.lines.find(({ adminUrl }) => adminUrl !== undefined);
    return Number(new URL(String(line?.['adminUrl'])).port);
  }

  /** Process ids of the workers that became ready, in that order. */
  get workers(): number[] {
    return this.of('worker ready').map(({ pid }) => Number(pid));
  }
}

/** No load balancer asks, and whoever runs the tests may do it with npm. */
export const quiet = { npm_command: '', NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' };

/** Starts `node-libtorch serve mnist-mlp` on a free port. Whatever is in `args` counts more. */
export function serveProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): LoggingProcess {
  const all = [main, 'serve', '--port', '0', ...args];
  return new LoggingProcess(
    spawn(process.execPath, all, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...quiet, ...env },
    }),
  );
}

export interface Asked {
  /** The status, or the code of the error. */
  readonly status: number | string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request; a body makes it a POST. Without an agent it is a connection of its own. */
export function ask(
  port: number,
  path: string,
  { body, agent = false, headers: more = {} }: { body?: Buffer; agent?: Agent | false; headers?: object } = {},
) {
  return new Promise<Asked>((resolve) => {
    const headers = { ...(body && { 'content-type': 'application/json', 'content-length': body.length }), ...more };
    const sent = request({ port, host: '127.0.0.1', path, agent, method: body ? 'POST' : 'GET', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: text }));
      answer.on('error', ({ message }) => resolve({ status: message, headers: {}, body: text }));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve({ status: error.code, headers: {}, body: '' }));
    sent.end(body);
  });
}

/** How many descriptors a process has open. */
export const descriptors = (pid: number | undefined): number => readdirSync(`/proc/${pid}/fd`).length;

/** Processes that a process has started and that have not ended. */
export function childrenOf(parent: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parentOf(pid) === parent)
    .map(Number)
    .filter(isAlive);
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined; // it has ended meanwhile
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A child that nobody waits for is still listed.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
