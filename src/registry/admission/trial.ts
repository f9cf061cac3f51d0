/** One process that tries one model. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { errorOf, torchError } from '../../errors.js';
import { ownFile } from '../../files/bundled.js';
import { escaped, notAdmitted, type Ending } from './endings.js';
import { scrubbedEnvironment } from './environment.js';
import { watchMemory } from './memory-watch.js';
import type { AnswerRequest, Loaded, LoadRequest, Request, RunReport, RunRequest, Told } from './messages.js';
import type { Value } from '../../tensor/value.js';
import type { Scratch } from './scratch.js';
import { fromWire } from './wire.js';

export interface TrialOptions {
  /** As messages call the model. */
  readonly file: string;
  readonly scratch: Scratch;
  readonly modelBytes: number;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** It will be asked for answers, each of which may take `timeoutMs`. */
  readonly answers?: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onStage: ((stage: 'load' | 'run') => void) | undefined;
}

/** Of what the process writes: its end is kept. */
const keptOutput = 8192;
/** Of that, what a message shows. */
const shownOutput = 1000;
/** How long the pipes of a process that has ended are read: one of its own children may hold them. */
const drainMs = 500;
/** The shell's unit of a file's size. */
const block = 512;
/** A package is unpacked, which takes as much as it has; beside it there is room for what is compressed. */
const largestFile = (modelBytes: number): number => 2 * modelBytes + 2 ** 30;
/** All processors for all of its time: a limit that the system holds, should nobody be there to end it. */
const mostProcessorSeconds = (timeoutMs: number): number => Math.ceil(timeoutMs / 1000) * availableParallelism() + 5;

export class Trial {
  readonly #options: TrialOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #unwatch: () => void;
  #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;
  #output = '';
  #stage: 'start' | 'load' | 'run' = 'start';
  /** Why we ended it; undefined while we have not. */
  #killed: Ending | undefined;
  #settle: { resolve: (told: Told) => void; reject: (error: unknown) => void } | undefined;
  /** Settled before anybody asked. */
  #failure: unknown;

  constructor(options: TrialOptions) {
    this.#options = options;
    const { memoryBytes, signal } = options;
    this.#child = start(options);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptOutput);
      });
    }
    this.#child.on('message', (told: Told) => {
      this.#hear(told);
    });
    this.#child.once('error', (error) => {
      this.#fail(
        torchError('ERR_ADMISSION', `Expected to start a process that tries the model but received ${error.message}`, {
          cause: error,
        }),
      );
    });
    this.#ended = this.#end();
    this.#timer = this.#limit();
    const { pid } = this.#child;
    this.#unwatch =
      pid === undefined
        ? () => undefined
        : watchMemory(pid, memoryBytes, () => {
            this.#kill({ by: 'memory', bytes: memoryBytes });
          });
    this.#onAbort = () => {
      this.#fail(signal?.reason);
      this.#kill();
    };
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  async load(request: Omit<LoadRequest, 'kind'>): Promise<Loaded> {
    const told = await this.#ask({ kind: 'load', ...request });
    if (told.kind === 'loaded') return told.loaded;
    throw this.#strange();
  }

  async run(request: Omit<RunRequest, 'kind'>): Promise<RunReport> {
    const told = await this.#ask({ kind: 'run', ...request });
    if (told.kind === 'report') return told.report;
    throw this.#strange();
  }

  /** The first output for some rows. Its time is its own: the limit begins anew. */
  async answer(request: Omit<AnswerRequest, 'kind'>): Promise<Value | undefined> {
    clearTimeout(this.#timer);
    this.#timer = this.#limit();
    const told = await this.#ask({ kind: 'answer', ...request });
    if (told.kind === 'answered') return fromWire(told.value);
    throw this.#strange();
  }

  #limit(): NodeJS.Timeout {
    const { timeoutMs } = this.#options;
    return setTimeout(() => {
      this.#kill({ by: 'time', milliseconds: timeoutMs });
    }, timeoutMs);
  }

  /** Ends the process, whatever it is at, and what it has started, unless that has left its group. Idempotent. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#kill();
    await this.#ended;
  }

  #ask(request: Request): Promise<Told> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#settle = { resolve, reject };
      this.#child.send(request, (error) => {
        // Its end says more.
        if (error && this.#child.pid === undefined) this.#fail(error);
      });
    });
  }

  #hear(told: Told): void {
    if (told.kind === 'stage') {
      this.#stage = told.stage;
      try {
        this.#options.onStage?.(told.stage);
      } catch (error) {
        // Thrown on, it would end the program: nobody stands around a message of another process.
        this.#fail(error);
        this.#kill();
      }
      return;
    }
    if (told.kind === 'failed') {
      this.#fail(this.#refusal(told));
      return;
    }
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(told);
  }

  /** The model's own error, as it would have come here. */
  #refusal({ isOurs, error }: Extract<Told, { kind: 'failed' }>): Error {
    if (isOurs) return errorOf(error);
    return torchError('ERR_ADMISSION', `Expected ${this.#options.file} to load and run but received: ${error.message}`);
  }

  #strange(): Error {
    return torchError('ERR_ADMISSION', 'Expected the answer of the process that tries the model but received another');
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(this.#failure);
  }

  #kill(why?: Ending): void {
    this.#killed ??= why;
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    if (!killGroup(pid)) this.#child.kill('SIGKILL');
  }

  async #end(): Promise<void> {
    const child = this.#child;
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (...how) => {
        // What it has started lives on after it. Later, the number may be another's.
        if (child.pid !== undefined) killGroup(child.pid);
        resolve(how);
      });
      child.once('error', () => {
        if (child.pid === undefined) resolve([null, null]);
      });
    });
    await drained(child);
    const ending: Ending = this.#killed ?? (signal ? { by: 'signal', signal } : { by: 'exit', code: code ?? 0 });
    const output = escaped(this.#output, shownOutput);
    this.#fail(notAdmitted(this.#options.file, ending, this.#stage, output, this.#options.timeoutMs));
  }
}

/** A trial's process leads a group of its own, in which its children are. @returns false where there is none */
function killGroup(pid: number): boolean {
  if (process.platform === 'win32') return false;
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** What it wrote last may still be in its pipes. */
async function drained(child: ChildProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    new Promise((resolve) => child.once('close', resolve)),
    new Promise((resolve) => (timer = setTimeout(resolve, drainMs))),
  ]);
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (child.connected) child.disconnect();
}

function start({ scratch: { cwd, temporary }, modelBytes, timeoutMs, answers }: TrialOptions): ChildProcess {
  const entry = fileURLToPath(ownFile('./child.js', (import.meta as { readonly url?: string }).url));
  const shell = '/bin/sh';
  // No loader, inspector or test runner of the program: neither execArgv nor NODE_OPTIONS.
  const command: [string, ...string[]] = [process.execPath, entry, String(process.pid)];
  // A core of a process with LibTorch has a gigabyte.
  const blocks = Math.ceil(largestFile(modelBytes) / block);
  // Nobody knows for how long it answers: its orphan's thread ends it, should we be gone.
  const limits = ['-c 0', `-f ${blocks}`, ...(answers ? [] : [`-t ${mostProcessorSeconds(timeoutMs)}`])];
  const limited = `${limits.map((limit) => `ulimit ${limit} 2>/dev/null; `).join('')}exec "$0" "$@"`;
  const [file, ...args]: typeof command = existsSync(shell) ? [shell, '-c', limited, ...command] : command;
  return spawn(file, args, {
    cwd,
    env: scrubbedEnvironment(temporary),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
}
