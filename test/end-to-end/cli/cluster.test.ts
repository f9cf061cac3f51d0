import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { digitRequest, root } from '../../support/paths.js';

type Line = Record<string, unknown>;
const main = `${root}dist/cli/main.js`;
const body = readFileSync(digitRequest);

describe('node-libtorch serve --workers', function () {
  this.timeout(120_000);
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  const start = (
    workers: number,
    { flags = [] as string[], stdio = ['ignore', 'pipe', 'inherit'] as StdioOptions } = {},
  ) => {
    const args = [main, 'serve', 'mnist-mlp', '--port', '0', '--pre-stop-delay-ms', '0', '--workers', String(workers)];
    const server = (child = spawn(process.execPath, [...flags, ...args], { stdio }));
    const lines: Line[] = [];
    let onLine = (): void => undefined;
    createInterface(server.stdout as Readable).on('line', (text) => {
      lines.push(JSON.parse(text) as Line);
      onLine();
    });
    const ended = once(server, 'close');
    const of = (msg: string) => lines.filter((line) => line['msg'] === msg);
    /** Waits for so many lines of a message. */
    const seen = async (msg: string, count: number): Promise<Line[]> => {
      while (of(msg).length < count) {
        const next = new Promise<void>((resolve) => (onLine = resolve));
        await Promise.race([next, ended.then(() => Promise.reject(new Error(`It ended before ${msg}`)))]);
      }
      return of(msg);
    };
    return { server, of, seen, ended };
  };

  // A connection each, so that every worker gets its turn.
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const predict = async (url: string) => (await fetch(`${url}/predict`, { method: 'POST', headers, body })).status;
  const counted = async (url: string) => {
    const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
    return Number(
      /^node_libtorch_http_request_duration_seconds_count\{.*"\/predict".*status="200".*\} (\d+)$/m.exec(text)?.[1],
    );
  };

  /** A request is counted when its connection is done with, which may be after its answer was read. */
  const expectCount = async (url: string, count: number) => {
    const end = Date.now() + 10_000;
    while ((await counted(url)) < count && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await counted(url)).to.equal(count);
  };

  it('shares the port, adds up metrics, replaces a killed worker, drains all', async () => {
    const { server, of, seen, ended } = start(2);
    const ready = await seen('worker ready', 2);
    const url = String((await seen('listening', 2))[0]?.['url']);
    expect(of('listening').map((line) => line['url'])).to.deep.equal([url, url]);
    for (let count = 0; count < 30; count++) expect(await predict(url)).to.equal(200);
    for (let scrape = 0; scrape < 4; scrape++) await expectCount(url, 30);
    const answering = new Set(of('request').map(({ worker }) => worker));
    expect([...answering]).to.have.members(ready.map(({ worker }) => worker));

    process.kill(Number(ready[0]?.['pid']), 'SIGKILL');
    await seen('worker ended', 1);
    for (let count = 0; count < 10; count++) expect(await predict(url)).to.equal(200);
    const [, , replacement] = await seen('worker ready', 3);
    expect(ready.map(({ pid }) => pid)).not.to.include(replacement?.['pid']);
    for (let count = 0; count < 10; count++) expect(await predict(url)).to.equal(200);
    await expectCount(url, 50);
    expect(of('request').some(({ worker }) => worker === replacement?.['worker'])).to.equal(true);

    server.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
    expect(of('drained')).to.have.length(2);
    await fetch(url).then(
      () => expect.fail('something still listens'),
      () => undefined,
    );
  });

  it('gives up when workers keep ending', async () => {
    const { seen, of, ended } = start(2);
    for (let crash = 1; crash <= 5; crash++) {
      const ready = await seen('worker ready', crash + 1);
      process.kill(Number(ready.at(-1)?.['pid']), 'SIGKILL');
      await seen('worker ended', crash);
    }
    expect(await ended).to.deep.equal([1, null]);
    expect(of('workers keep ending')).to.have.length(1);
  });

  it('says once what keeps the workers from starting', () => {
    const args = ['serve', 'no-such-model', '--workers', '3', '--port', '0'];
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^error \[ERR_MODEL_NOT_FOUND\] .*\n$/);
    const usage = spawnSync(process.execPath, [main, 'serve', '--workers', '0'], { encoding: 'utf8' });
    expect(usage.status).to.equal(2);
  });

  /** Keeps a process that has a channel, as what pm2 loads does. */
  const preload = `data:text/javascript,process.on('message', () => {})`;

  it('ends though something that was loaded before it would keep the process, as pm2 does', async () => {
    const { server, seen, ended } = start(2, {
      flags: ['--import', preload],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    await seen('worker ready', 2);
    server.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
  });

  it('ends after a start that failed though something would keep the process', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    try {
      for (const [code, ...args] of [
        [1, 'gone.pt2', '--port', '0'],
        [1, 'gone.pt2', '--port', '0', '--workers', '2'],
        [1, 'mnist-mlp', '--port', String(port)],
        [1, 'mnist-mlp', '--port', String(port), '--workers', '2'],
        [2, 'mnist-mlp', '--port', 'x'],
        [2, 'mnist-mlp', '--no-such-option'],
      ] as const) {
        const failing = (child = spawn(process.execPath, ['--import', preload, main, 'serve', ...args], {
          stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        }));
        let stderr = '';
        failing.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
        expect(await once(failing, 'close'), args.join(' ')).to.deep.equal([code, null]);
        expect(stderr).to.match(/^error \[ERR_/);
      }
    } finally {
      taken.close();
    }
  });

  for (const more of [[], ['--workers', '2']]) {
    it(`as a worker of another program's cluster says what to do: ${more.join(' ') || 'no flags'}`, async () => {
      const args = ['serve', 'mnist-mlp', '--port', '0', ...more];
      const primary = `import cluster from 'node:cluster';
        cluster.setupPrimary({ execArgv: [], exec: ${JSON.stringify(main)}, args: ${JSON.stringify(args)} });
        cluster.fork().on('exit', (code) => console.log('exit', code));`;
      const foreign = (child = spawn(process.execPath, ['--input-type=module', '-e', primary]));
      let stdout = '';
      let stderr = '';
      foreign.stdout?.on('data', (text: Buffer) => (stdout += text.toString()));
      foreign.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
      await once(foreign, 'close');
      expect(stdout).to.equal('exit 2\n');
      expect(stderr).to.match(/^error \[ERR_CONFIG\] .*node:cluster\n {2}fix: .*leave out -i.*--workers N/);
    });
  }

  it('leaves nobody behind when the first process is killed', async () => {
    const { server, seen } = start(2);
    const ready = await seen('worker ready', 2);
    server.kill('SIGKILL');
    const end = Date.now() + 5000;
    const alive = () =>
      ready.filter(({ pid }) => {
        try {
          return process.kill(Number(pid), 0);
        } catch {
          return false;
        }
      });
    while (alive().length > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(alive()).to.deep.equal([]);
  });
});
