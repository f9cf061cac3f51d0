import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../server/serve-process.js';
import { root } from '../paths.js';

/** The path of a program of Debian's. @throws an error that says what to do where it is not there and cannot be installed */
export async function program(name: 'prometheus' | 'promtool'): Promise<string> {
  const { programPath } = (await import(`${root}scripts/programs.mjs`)) as { programPath: (name: string) => string };
  return programPath(name);
}

export interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

/** Prometheus with the configuration of deploy/prometheus, except that it scrapes one server, every second. */
export class Prometheus {
  private constructor(
    readonly url: string,
    readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(target: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-prometheus-'));
    cpSync(`${root}deploy/prometheus`, folder, { recursive: true });
    const config = join(folder, 'prometheus.yml');
    const text = readFileSync(config, 'utf8').replaceAll('15s', '1s').replace('localhost:8000', target);
    writeFileSync(config, text);
    const url = `http://127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
    ];
    const child = spawn(await program('prometheus'), args, { stdio: 'ignore' });
    return new Prometheus(url, folder, child);
  }

  async get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(query).toString()}`);
    const { data, error } = (await answer.json()) as { data?: T; error?: string };
    if (data === undefined) throw new Error(`${path} ${JSON.stringify(query)}: ${error}`);
    return data;
  }

  /** What an expression gives now. */
  async ask(query: string): Promise<readonly Result[]> {
    return (await this.get<{ result: readonly Result[] }>('query', { query })).result;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
