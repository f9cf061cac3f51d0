import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fixture } from '../support/paths.js';
import {
  ask,
  childrenOf,
  descriptors,
  digitBody,
  isAlive,
  serveProcess,
  type Asked,
  type LoggingProcess,
} from '../support/server/serve-process.js';
import { until } from '../support/server/http.js';

const live = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** A connection that has sent a request, and how it ended: answered, or closed without a word. */
interface Dialled {
  readonly socket: Socket;
  readonly end: Promise<string>;
}

function dial(port: number, text = live): Dialled {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
  socket.write(text);
  const end = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(received.split('\r\n')[0] || 'closed'));
  });
  return { socket, end };
}

const ok = 'HTTP/1.1 200 OK';

/** What ends the clients of a test: one that has failed has not done so. */
const stops: (() => Promise<unknown>)[] = [];

/** What clients see that never stop asking, by status. */
function clients(port: number, paths: readonly string[]) {
  const seen: Record<string, number> = {};
  let over = false;
  const one = async (path: string): Promise<void> => {
    while (!over) {
      const { status } = await ask(port, path, path === '/predict' ? { body: digitBody } : {});
      seen[String(status)] = (seen[String(status)] ?? 0) + 1;
    }
  };
  const all = Promise.all(paths.map(one));
  const stop = async () => {
    over = true;
    await all;
    return seen;
  };
  stops.push(stop);
  return { seen, stop };
}

describe('faults: workers', function () {
  this.timeout(120_000);
  /** For what comes soon, on a machine that may be busy. */
  const patienceMs = 30_000;
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-workers-'));
  let server: LoggingProcess | undefined;
  afterEach(async () => {
    const stopped = stops.splice(0).map((stop) => stop());
    // A worker that is stopped, or loads for ever, does not notice that the primary has gone.
    const workers = server ? [...server.workers, ...childrenOf(server.child.pid)] : [];
    server?.child.kill('SIGKILL');
    for (const pid of workers.filter(isAlive)) process.kill(pid, 'SIGKILL');
    await server?.ended;
    await Promise.all(stopped);
    server = undefined;
  });
  after(() => rmSync(folder, { recursive: true }));

  const start = async (...args: string[]): Promise<{ started: LoggingProcess; port: number }> => {
    const started = (server = serveProcess(['--workers', '2', ...args]));
    return { started, port: await started.port() };
  };
  const ready = async (...args: string[]) => {
    const { started, port } = await start(...args);
    await started.seen('worker ready', 2);
    return { started, port };
  };

  /** Its first load does not end. */
  const loading = (...args: string[]) => {
    const example = join(folder, 'example.json');
    // The warm-up on it does not end.
    writeFileSync(example, JSON.stringify([[1, 12345]]));
    const folders = ['--registry', fixture('faults/stuck/registry'), '--models', fixture('faults/stuck/models')];
    return start('stuck', ...folders, '--warmup-example', example, ...args);
  };

  it('answers health checks during the first load, however long it takes', async () => {
    const { started, port } = await loading();
    expect((await ask(port, '/health/live')).status).to.equal(200);
    expect((await ask(port, '/health/ready')).status).to.equal(503);
    expect(started.of('worker ready')).to.deep.equal([]);
  });

  it('is ended in bounded time by SIGTERM while its first worker hangs in its load', async () => {
    const { started } = await loading('--drain-timeout-ms', '100', '--pre-stop-delay-ms', '600000');
    const [first] = childrenOf(started.child.pid);
    process.kill(first!, 'SIGSTOP');
    started.child.kill('SIGTERM');
    expect(await started.ended).to.deep.equal([1, null]);
    expect(started.of('workers did not end: killed')).to.have.length(1);
    expect(isAlive(first!)).to.equal(false);
    // Nobody is told of the end of what was never ready.
    expect(started.of('draining')[0]?.['preStopDelayMs']).to.equal(0);
  });

  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    it(`says so when its first worker is ended by ${signal} while it loads`, async () => {
      const { started } = await loading();
      process.kill(childrenOf(started.child.pid)[0]!, signal);
      expect(await started.ended).to.deep.equal([1, null]);
      expect(started.lines.at(-1)).to.include({ signal, msg: 'the first worker ended before it was ready' });
    });
  }

  it('never answers 503 once somebody is ready, whoever is killed: a replacement that loads, too', async () => {
    const { started, port } = await ready();
    const asking = clients(port, ['/predict', '/predict', '/health/ready']);
    process.kill(started.workers[0]!, 'SIGKILL');
    await started.seen('worker ended');
    const loading = childrenOf(started.child.pid).filter((pid) => !started.workers.includes(pid));
    expect(loading).to.have.length(1);
    process.kill(loading[0]!, 'SIGKILL');
    await started.seen('worker could not start: the others serve on');
    await started.seen('worker ready', 3);
    const seen = await asking.stop();
    // What a killed worker had begun is reset; nothing is refused.
    expect(Object.keys(seen).filter((status) => !['200', 'ECONNRESET'].includes(status))).to.deep.equal([]);
    expect(seen['ECONNRESET'] ?? 0).to.be.at.most(3);
  });

  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    it(`hands on the connection of a worker that ends by ${signal} before it took it`, async () => {
      const { started, port } = await ready();
      const before = descriptors(started.child.pid);
      const victim = started.workers[0]!;
      // Stopped, it cannot take the connection that it is sent: the same moment as at a kill, and not a race.
      process.kill(victim, 'SIGSTOP');
      const dialled = Array.from({ length: 8 }, () => dial(port));
      let answered = 0;
      for (const { end } of dialled) void end.then(() => answered++);
      await until('the other worker has answered its own', () => answered === 7, patienceMs);
      process.kill(victim, signal);
      process.kill(victim, 'SIGCONT');
      expect(await Promise.all(dialled.map(({ end }) => end))).to.deep.equal(Array<string>(8).fill(ok));
      await started.seen('worker ready', 3);
      await until('no descriptor is left', () => descriptors(started.child.pid) <= before, patienceMs);
    });
  }

  it('answers what waits when all workers are killed at once', async () => {
    const { started, port } = await ready();
    for (const pid of started.workers) process.kill(pid, 'SIGKILL');
    const dialled = Array.from({ length: 20 }, () => dial(port));
    const ends = await Promise.all(dialled.map(({ end }) => end));
    // Some may have reached a worker before it ended; the others wait for a replacement, which is ready when it answers.
    expect(ends.filter((end) => end !== ok && end !== 'closed')).to.deep.equal([]);
    expect(ends).to.include(ok);
    expect((await ask(port, '/health/ready')).status).to.equal(200);
    expect(started.of('closed connections that no worker took')).to.deep.equal([]);
  });

  it('closes what waits for too long when nobody is ready', async () => {
    const limits = ['--headers-timeout-ms', '1000', '--receive-timeout-ms', '1000', '--admin-port', '0'];
    const { started, port } = await ready(...limits);
    for (const pid of started.workers) process.kill(pid, 'SIGSTOP');
    const ends = await Promise.all(
      Array.from({ length: 3 }, () => dial(port))
        .slice(2)
        .map(({ end }) => end),
    );
    expect(ends).to.deep.equal(['closed']);
    await started.seen('closed connections that no worker took');
    // No worker saw it, and none answers now: the first process counts it.
    const { body } = await ask(started.adminPort, '/metrics');
    expect(body).to.match(/^node_libtorch_http_connections_dropped_total 1$/m);
    expect(body).to.match(/^node_libtorch_http_accept_errors_total 0$/m);
  });

  it('kills a worker whose event loop stands still, and answers the connection it was sent', async () => {
    const { started, port } = await ready('--worker-timeout-ms', '3000');
    const [victim] = started.workers;
    process.kill(victim!, 'SIGSTOP');
    const ends = Array.from({ length: 4 }, () => dial(port).end);
    await started.seen('worker does not answer: killed');
    expect(await Promise.all(ends)).to.deep.equal(Array<string>(4).fill(ok));
    await started.seen('worker ready', 3);
    expect(isAlive(victim!)).to.equal(false);
    started.child.kill('SIGTERM');
    expect(await started.ended).to.deep.equal([0, null]);
  });

  it('keeps the time limits of connections that the primary accepted, and lets clients end their side first', async () => {
    const { port } = await ready('--headers-timeout-ms', '1000', '--connections-checking-interval-ms', '50');
    // A client that says no more.
    const slow = dial(port, 'GET / HTTP/1.1\r\n');
    const half = dial(port, 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    half.socket.end();
    expect(await half.end).to.equal(ok);
    expect(await slow.end).to.match(/^HTTP.1.1 408 /);
  });

  it('keeps the number of connections of each worker', async () => {
    const { port } = await ready('--max-connections', '1');
    const kept = [1, 2].map(() => dial(port, 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    await Promise.all(kept.map(({ socket }) => once(socket, 'data')));
    // One more is for probes.
    expect(await dial(port).end).to.equal(ok);
    expect(await dial(port, live.replace('/health/live', '/openapi.json')).end).not.to.equal(ok);
  });

  /** Sends a request on each of 64 connections, which stay open, and returns them with how many each worker has logged. */
  const spread = async (started: LoggingProcess, port: number) => {
    const before = started.of('request').length;
    const kept = Array.from({ length: 64 }, () => dial(port, live.replace('Connection: close\r\n', '')));
    await Promise.all(kept.map(({ socket }) => once(socket, 'data')));
    const isLogged = () => started.of('request').length === before + kept.length;
    await until('every request is logged', isLogged, patienceMs);
    const counts: Record<string, number> = {};
    for (const { worker } of started.of('request').slice(before))
      counts[String(worker)] = (counts[String(worker)] ?? 0) + 1;
    return { kept, counts };
  };

  it('shares connections between its workers, and with one that replaces another', async () => {
    const { started, port } = await ready();
    const first = await spread(started, port);
    expect(Object.keys(first.counts)).to.deep.equal(['1', '2']);
    // How evenly depends on how quick each is just then; the test of the distributor has that.
    for (const count of Object.values(first.counts)) expect(count).to.be.at.least(8);
    process.kill(started.workers[0]!, 'SIGKILL');
    await started.seen('worker ready', 3);
    const second = await spread(started, port);
    expect(Object.keys(second.counts)).to.have.length(2);
    expect(Object.keys(second.counts)).to.include('3');
    for (const count of Object.values(second.counts)) expect(count).to.be.at.least(8);
    for (const { socket } of [...first.kept, ...second.kept]) socket.destroy();
  });

  it('has logged every request that it has answered when it ends', async () => {
    const { started, port } = await ready('--pre-stop-delay-ms', '0');
    const answers = Array.from({ length: 200 }, () => ask(port, '/predict', { body: digitBody }));
    for (const { status } of await Promise.all(answers)) expect(status).to.equal(200);
    started.child.kill('SIGTERM');
    expect(await started.ended).to.deep.equal([0, null]);
    expect(started.of('request').filter(({ route }) => route === '/predict')).to.have.length(200);
  });

  it('drains: serves while it says "not ready", then refuses; begun requests and keep-alive clients get their answers', async () => {
    const { started, port } = await ready('--pre-stop-delay-ms', '2000');
    // One of each worker is busy once more; the others stay idle until the server closes them.
    const [kept, ...idle] = Array.from({ length: 4 }, () =>
      dial(port, 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    ) as [Dialled, ...Dialled[]];
    await Promise.all([kept, ...idle].map(({ socket }) => once(socket, 'data')));
    const request = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${digitBody.length}\r\n\r\n`;
    const begun = dial(port, request);
    started.child.kill('SIGTERM');
    await started.seen('draining');
    await until('it is not ready', async () => (await ask(port, '/health/ready')).status === 503);
    const during: Asked = await ask(port, '/predict', { body: digitBody });
    expect(during.status).to.equal(200);
    expect(during.headers['connection']).to.equal('close');
    kept.socket.write(live.replace('Connection: close\r\n', ''));
    const isClosed = async () => (await ask(port, '/health/live')).status === 'ECONNREFUSED';
    await until('the port is closed', isClosed, patienceMs);
    // It takes its time: what was begun is waited for, not only what is quick.
    await Promise.all(idle.map(({ end }) => end));
    begun.socket.write(digitBody);
    expect(await begun.end).to.equal(ok);
    expect(await kept.end).to.equal(ok);
    expect(await started.ended).to.deep.equal([0, null]);
    expect(started.of('drained')).to.have.length(2);
    for (const line of started.of('drained')) expect(line['aborted']).to.equal(0);
  });

  it('loses no begun request under load, and no worker outlives a primary that is killed', async () => {
    const { started, port } = await ready();
    const asking = clients(port, ['/predict', '/predict', '/predict', '/predict']);
    await until('requests are answered', () => (asking.seen['200'] ?? 0) > 50, patienceMs);
    process.kill(started.child.pid!, 'SIGKILL');
    await until('the workers have ended', () => started.workers.every((pid) => !isAlive(pid)), patienceMs);
    await asking.stop();
  });
});
