import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import {
  ask,
  digitBody,
  freePort,
  isAlive,
  LoggingProcess,
  main,
  quiet,
  serveProcess,
} from '../support/server/serve-process.js';
import { until } from '../support/server/http.js';
import { fixture } from '../support/paths.js';

describe('faults: signals', function () {
  this.timeout(60_000);
  const running: LoggingProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-signals-'));
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
  });
  after(() => rmSync(folder, { recursive: true }));

  const serve = async (...args: string[]): Promise<LoggingProcess> => {
    const server = serveProcess(args);
    running.push(server);
    await server.seen(args.includes('--workers') ? 'worker ready' : 'ready');
    return server;
  };

  /** A prediction that has begun: its body is not sent yet. Resolves to the answer once it is. */
  const begin = async (port: number): Promise<() => Promise<string>> => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.write(
      `POST /predict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: ${digitBody.length}\r\n\r\n`,
    );
    await until('the server has begun it', () => received.includes('100 Continue'));
    received = '';
    return async () => {
      socket.write(digitBody);
      if (!socket.closed) await once(socket, 'close');
      return received.split('\r\n')[0] ?? '';
    };
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`one process drains on ${signal}; the same signal at once again is no second one`, async () => {
      const server = await serve();
      const answer = await begin(await server.port());
      server.child.kill(signal);
      server.child.kill(signal);
      expect((await server.seen('draining'))[0]).to.include({ signal });
      server.child.kill('SIGHUP'); // systemd and terminals send it along
      expect(await answer()).to.equal('HTTP/1.1 200 OK');
      expect(await server.ended).to.deep.equal([0, null]);
      expect(server.of('drained')[0]).to.include({ aborted: 0, hostClosed: true });
    });
  }

  // The system delivers the lower number first, and so SIGHUP before the SIGTERM that it was sent along with.
  for (const [first, second] of [
    ['SIGTERM', 'SIGHUP'],
    ['SIGINT', 'SIGHUP'],
    ['SIGHUP', 'SIGTERM'],
  ] as const) {
    it(`${first} and ${second} at once, in whatever order they come, are one end`, async () => {
      const server = await serve();
      const answer = await begin(await server.port());
      for (const signal of ['SIGSTOP', first, second, 'SIGCONT'] as const) server.child.kill(signal);
      await server.seen('draining');
      expect(await answer()).to.equal('HTTP/1.1 200 OK');
      expect(await server.ended).to.deep.equal([0, null]);
      expect(server.of('draining')).to.have.length(1);
    });
  }

  it('SIGHUP asks for changed models and ends nothing, however often; SIGTERM after it drains', async () => {
    const server = await serve();
    const answer = await begin(await server.port());
    for (let count = 0; count < 5; count++) server.child.kill('SIGHUP');
    await server.seen('models refreshed');
    server.child.kill('SIGTERM');
    await server.seen('draining');
    expect(await answer()).to.equal('HTTP/1.1 200 OK');
    expect(await server.ended).to.deep.equal([0, null]);
  });

  it('SIGHUP before anything is loaded ends nothing', async () => {
    const server = serveProcess([]);
    running.push(server);
    await server.seen('listening');
    server.child.kill('SIGHUP');
    await server.seen('ready');
    expect((await ask(await server.port(), '/predict', { body: digitBody })).status).to.equal(200);
    expect(server.of('draining')).to.deep.equal([]);
  });

  it('workers take no notice of SIGHUP to the whole group', async () => {
    const server = await serve('--workers', '2');
    await server.seen('worker ready', 2);
    const port = await server.port();
    for (const pid of [...server.workers, server.child.pid!]) process.kill(pid, 'SIGHUP');
    await server.seen('models refreshed');
    for (let count = 0; count < 6; count++)
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(200);
    expect([server.of('draining'), server.of('worker ended')]).to.deep.equal([[], []]);
  });

  describe('at a terminal', () => {
    // Python has the terminals that Node has not. It writes the output of the server, and closes the terminal when told so.
    const holder = `import os, pty, sys, threading
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
def copy():
    try:
        while True:
            os.write(1, os.read(terminal, 65536))
    except OSError:
        pass
threading.Thread(target=copy, daemon=True).start()
print('{"msg": "spawned", "pid": %d}' % pid, flush=True)
sys.stdin.readline()
os.close(terminal)
os._exit(0)
`;
    const atTerminal = async (...args: string[]) => {
      const command = [process.execPath, main, 'serve', '--port', '0', '--log-level', 'info', ...args];
      const child = spawn('python3', ['-c', holder, ...command], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, ...quiet },
      });
      const server = new LoggingProcess(child);
      running.push(server);
      await server.seen(args.length > 0 ? 'worker ready' : 'ready');
      return { server, pid: Number(server.of('spawned')[0]?.['pid']), close: () => child.stdin.end('\n') };
    };

    it('SIGHUP asks for changed models as long as the terminal is there', async () => {
      const { server, pid } = await atTerminal();
      process.kill(pid, 'SIGHUP');
      await server.seen('models refreshed');
      expect(server.of('draining')).to.deep.equal([]);
      process.kill(pid, 'SIGKILL');
    });

    for (const args of [[], ['--workers', '2']]) {
      it(`a server ends with its terminal ${args.join(' ')}`, async () => {
        const { server, pid, close } = await atTerminal(...args);
        const port = await server.port();
        close();
        await server.ended;
        await until('it has ended', () => !isAlive(pid), 30_000);
        expect((await ask(port, '/health/live')).status).to.equal('ECONNREFUSED');
      });
    }
  });

  it('a second signal ends it at once, with 1', async () => {
    const server = await serve();
    await begin(await server.port());
    server.child.kill('SIGTERM');
    await server.seen('draining');
    server.child.kill('SIGINT');
    expect(await server.ended).to.deep.equal([1, null]);
  });

  it('a signal while workers start ends everything', async () => {
    const server = serveProcess(['--workers', '2']);
    running.push(server);
    await server.seen('worker ready');
    server.child.kill('SIGTERM');
    expect((await server.ended)[0]).to.equal(0);
  });

  it('says nothing to anybody where it was never ready', async () => {
    // A warm-up of some seconds, on which the load hangs meanwhile.
    const example = join(folder, 'example.json');
    writeFileSync(example, JSON.stringify([[1, 54321]]));
    const folders = ['--registry', fixture('faults/stuck/registry'), '--models', fixture('faults/stuck/models')];
    const args = ['stuck', ...folders, '--warmup-example', example];
    const server = serveProcess(args, { NODE_LIBTORCH_PRE_STOP_DELAY_MS: '60000' });
    running.push(server);
    await server.seen('warming a model up');
    server.child.kill('SIGTERM');
    expect((await server.seen('draining'))[0]).to.include({ preStopDelayMs: 0 });
    expect(server.of('ready')).to.deep.equal([]);
    expect((await server.ended)[0]).to.equal(0);
  });

  it('says "not ready" for so long that the checks of a load balancer notice, where nobody chose otherwise', async () => {
    const server = serveProcess([], { NODE_LIBTORCH_PRE_STOP_DELAY_MS: '' });
    running.push(server);
    await server.seen('ready');
    server.child.kill('SIGINT'); // Ctrl-C, but on no terminal
    expect((await server.seen('draining'))[0]).to.include({ preStopDelayMs: 7000 });
    expect((await ask(await server.port(), '/health/ready')).status).to.equal(503);
    expect((await ask(await server.port(), '/predict', { body: digitBody })).status).to.equal(200);
  });

  describe('under npm', () => {
    /** A parent that only holds the server; npm_command in its environment is what npm sets. */
    const parent = join(folder, 'parent.mjs');
    writeFileSync(
      parent,
      `import { spawn } from 'node:child_process';
      const child = spawn(process.execPath, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit'] });
      console.log(JSON.stringify({ msg: 'spawned', pid: child.pid }));
      setInterval(() => {}, 1000);`,
    );
    const under = async (env: NodeJS.ProcessEnv) => {
      const args = [parent, main, 'serve', '--port', '0'];
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...quiet, ...env },
      });
      const server = new LoggingProcess(child);
      running.push(server);
      await server.seen('ready');
      return { server, pid: Number(server.of('spawned')[0]?.['pid']) };
    };

    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      it(`drains when its parent ends by ${signal}`, async () => {
        const { server } = await under({ npm_command: 'exec' });
        server.child.kill(signal);
        expect((await server.seen('draining'))[0])
          .to.have.property('reason')
          .that.matches(/npm/);
        await server.ended; // of all who hold its output, the server included
        expect(server.of('drained')[0]).to.include({ aborted: 0, hostClosed: true });
      });
    }

    it('without npm it outlives its parent', async () => {
      const { server, pid } = await under({});
      const port = await server.port();
      server.child.kill('SIGKILL');
      await until(
        'it has another parent',
        () => !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(` ${server.child.pid} `),
      );
      // Twice the interval at which a parent is looked for under npm.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(200);
      expect(server.of('draining')).to.deep.equal([]);
      process.kill(pid, 'SIGTERM');
      await server.ended;
    });

    it('frees the port after SIGTERM to `npm start`', async () => {
      const port = await freePort();
      const start = `node ${main} serve --port ${port} --pre-stop-delay-ms 0`;
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, scripts: { start } }));
      const npm = new LoggingProcess(spawn('npm', ['start'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] }));
      running.push(npm);
      await npm.seen('ready');
      npm.child.kill('SIGTERM');
      await npm.ended; // of all who hold its output
      expect(npm.of('drained')[0]).to.include({ aborted: 0, hostClosed: true });
      expect((await ask(port, '/health/live')).status).to.equal('ECONNREFUSED');
    });
  });
});
