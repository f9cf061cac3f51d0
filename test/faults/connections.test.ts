/** More connections than there is room for: probes get in all the same, and the log says what is short (H19, H20). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { root } from '../support/paths.js';
import { exchangeRaw, rawConnection, until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { LoggingProcess, quiet } from '../support/server/serve-process.js';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

describe('faults: connections', function () {
  this.timeout(60_000);

  describe('beyond maxConnections', () => {
    const log = keptLogger();
    const held: Socket[] = [];
    let host: ModelHost;
    let server: InferenceServer;
    before(async () => {
      host = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'] }] });
    });
    beforeEach(async () => {
      server = await createServer({ host, port: 0, logger: log.logger, maxConnections: 3 });
    });
    afterEach(async () => {
      for (const socket of held.splice(0)) socket.destroy();
      await server.close();
    });
    after(() => host?.close());
    const hold = async (count: number) => {
      const opened = await Promise.all(Array.from({ length: count }, () => rawConnection(server.port)));
      held.push(...opened.map(({ socket }) => socket));
      return opened.map(({ socket }) => socket);
    };
    const dropped = (text: string) => Number(/^node_libtorch_http_connections_dropped_total (\d+)$/m.exec(text)?.[1]);

    it('a probe is answered, and its connection closed', async () => {
      await hold(3);
      for (const path of ['/health/live', '/health/ready', '/metrics', '/health/live?x=1']) {
        const answer = await exchangeRaw(server.port, get(path));
        expect(statusOf(answer), path).to.equal(200);
        expect(answer).to.match(/connection: close/i);
      }
    });

    it('anything else is told so', async () => {
      await hold(3);
      for (const request of [
        get('/openapi.json'),
        get('/nowhere'),
        get('/predict').replace('GET', 'POST'),
        get('/health/lives'),
      ]) {
        const answer = await exchangeRaw(server.port, request);
        expect(statusOf(answer), request).to.equal(429);
        expect(answer)
          .to.match(/retry-after: [1-5]/i)
          .and.match(/connection: close/i);
      }
    });

    it('a probe is answered however many idle connections there are: they make room', async () => {
      const idle = await hold(200);
      expect(statusOf(await exchangeRaw(server.port, get('/health/live')))).to.equal(200);
      const [first, second, third] = idle;
      for (const socket of [first, second, third])
        expect(socket?.destroyed, 'those within the limit stay').to.equal(false);
      expect(dropped(await exchangeRaw(server.port, get('/metrics')))).to.be.above(150);
    });

    it('what says nothing is closed soon', async () => {
      await hold(3);
      const [one] = await hold(1);
      await once(one as Socket, 'close');
      expect(dropped(await exchangeRaw(server.port, get('/metrics')))).to.equal(1);
    });

    it('there is room again when one within the limit has gone', async () => {
      const [first] = await hold(3);
      first?.destroy();
      await until(
        'there is room',
        async () =>
          statusOf(
            await exchangeRaw(server.port, get('/openapi.json').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')),
          ) === 200,
      );
    });
  });

  describe('without file descriptors', () => {
    if (process.platform !== 'linux') return;
    const serve = (limit: number, ...flags: string[]) => {
      const command = `ulimit -n ${limit}; exec "$0" dist/cli/main.js serve --port 0 "$@"`;
      const env = { ...process.env, ...quiet };
      const child = spawn('bash', ['-c', command, process.execPath, ...flags], { cwd: root, env });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
      return { child, log: new LoggingProcess(child), stderr: () => stderr };
    };
    const patienceMs = 30_000;

    it('the log says so, they are counted, and probes are answered', async () => {
      const { child, log } = serve(256, '--max-connections', '1000');
      const says = (part: string) => log.lines.find(({ msg }) => String(msg).includes(part));
      try {
        await log.seen('ready');
        expect(says('fewer open files are allowed'), 'a warning at the start').to.include({
          level: 'warn',
          maxOpenFiles: 256,
        });
        const port = await log.port();
        const idle = await Promise.all(Array.from({ length: 400 }, () => rawConnection(port)));
        await until('it is logged', () => says('file descriptors have run out') !== undefined, patienceMs);
        expect(says('file descriptors have run out')?.['msg']).to.include('ulimit -n');
        expect(statusOf(await exchangeRaw(port, get('/health/live')))).to.equal(200);
        const metrics = await exchangeRaw(port, get('/metrics'));
        expect(Number(/^node_libtorch_http_connections_dropped_total (\d+)$/m.exec(metrics)?.[1])).to.be.above(100);
        const said = log.lines.filter(({ msg }) => String(msg).includes('file descriptors'));
        expect(said.length, 'lines about it').to.be.below(5);
        for (const { socket } of idle) socket.destroy();
      } finally {
        child.kill();
        await once(child, 'exit');
      }
    });

    it('with workers that take none, the log counts those that are closed', async () => {
      const { child, log } = serve(150, '--workers', '2');
      const pids: number[] = [];
      const idle: Socket[] = [];
      try {
        await log.seen('worker ready', 2);
        pids.push(...log.workers);
        for (const pid of pids) process.kill(pid, 'SIGSTOP');
        const port = await log.port();
        let closed = 0;
        for (let i = 0; i < 300; i++) {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => undefined).on('close', () => closed++);
          idle.push(socket);
        }
        const counted = () =>
          log.of('closed connections that no worker took').reduce((sum, line) => sum + Number(line['connections']), 0);
        // Some are closed, or counted, while the others are.
        await until(
          'many are closed, and as many counted',
          () => closed > 150 && counted() === closed,
          patienceMs,
        ).catch((error: unknown) => expect.fail(`${String(error)}: ${closed} closed, ${counted()} counted`));
      } finally {
        for (const socket of idle) socket.destroy();
        for (const pid of pids) process.kill(pid, 'SIGCONT');
        child.kill();
        await once(child, 'exit');
      }
    });

    for (const limit of [40, 60, 64]) {
      it(`a server that cannot even start says what to do, once and in the log alike: ${limit} files`, async () => {
        const { stderr, log } = serve(limit);
        const [code] = await log.ended;
        expect(code).to.equal(2);
        expect(stderr())
          .to.match(/^error \[ERR_CONFIG\] .*EMFILE/)
          .and.include('ulimit -n')
          .and.not.match(/\n +at /);
        for (const line of log.of('could not start')) {
          expect(line['code']).to.equal('ERR_CONFIG');
          expect(JSON.stringify(line)).to.include('ulimit -n');
        }
      });
    }
  });
});
