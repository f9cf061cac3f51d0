import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { createServer, drainOnSignal, type ServerOptions } from '#dist/server/index.js';
import { predict, rawConnection, until, expectProblem } from '../../support/server/http.js';
import { gate, MemoryHost } from '../../support/server/memory-host.js';
import { keptLogger } from '../../support/server/logs.js';

const good = '{"input_data":[1,0,0,0]}';

describe('drain', () => {
  const serve = async (options: Partial<ServerOptions> = {}) => {
    const host = new MemoryHost();
    const server = await createServer({ host: host.asHost(), port: 0, logger: false, ...options });
    return { host, server };
  };

  it('answers what is in flight, refuses the rest, and closes every connection', async () => {
    const { host, server } = await serve();
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    const answers = Array.from({ length: 6 }, () => predict(server.url, good));
    await until('all run', () => host.runs === 6);
    const closing = server.close();
    expect(server.close()).to.equal(closing);
    await until('the listener is closed', () => !server.http.listening);
    await fetch(`${server.url}/health/live`).then(
      () => expect.fail('a new connection was accepted'),
      () => undefined,
    );
    open();
    for (const { status, headers } of await Promise.all(answers)) {
      expect(status).to.equal(200);
      expect(headers.get('connection')).to.equal('close');
    }
    expect(await closing).to.deep.equal({ aborted: 0 });
  });

  it('is not ready from the start, and serves until the delay is over', async () => {
    const { server } = await serve({ preStopDelayMs: 2000 });
    const closing = server.close();
    const ready = await fetch(`${server.url}/health/ready`);
    expect(ready.status).to.equal(503);
    expect(((await ready.json()) as { status: string }).status).to.equal('draining');
    expect((await predict(server.url, good)).status).to.equal(200);
    await closing;
  });

  it('serves a request that was on its way over an idle connection', async () => {
    const { host, server } = await serve();
    const { socket, received } = await rawConnection(server.port);
    const request = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
    socket.write(request);
    await until('it is answered', () => received().includes('predictions'));
    const closing = server.close();
    await until('the listener is closed', () => !server.http.listening);
    socket.write(request);
    expect(await closing).to.deep.equal({ aborted: 0 });
    await until('the connection is closed', () => socket.closed);
    expect(received().match(/HTTP\/1\.1 200 /g)).to.have.length(2);
    expect(received().match(/connection: close/gi)).to.have.length(1);
    expect(host.runs).to.equal(2);
  });

  it('cuts what is not done in time and says how many', async () => {
    const { host, server } = await serve({ drainTimeoutMs: 50 });
    host.behaviour = () => new Promise(() => undefined);
    const answer = predict(server.url, good).catch(() => 'cut');
    await until('it runs', () => host.runs === 1);
    expect(await server.close()).to.deep.equal({ aborted: 1 });
    expect(await answer).to.equal('cut');
  });

  it('closes its port though no turn of the event loop is quiet', async () => {
    const { server } = await serve();
    let turns = 0;
    const busy = (): void => {
      for (const end = performance.now() + 20; performance.now() < end;);
      turns++;
      next = setImmediate(busy);
    };
    let next = setImmediate(busy);
    const closing = server.close();
    try {
      await until('the listener is closed', () => !server.http.listening);
    } finally {
      clearImmediate(next);
    }
    await closing;
    expect(turns, 'of 20 ms').to.be.below(150);
  });

  it('takes the delay of one close, and refuses what is no delay', async () => {
    const { server } = await serve({ preStopDelayMs: 600_000 }); // the test would end in its own limit
    for (const wrong of [{ preStopDelay: 0 }, { preStopDelayMs: -1 }, { preStopDelayMs: '0' }]) {
      const error = (await server.close(wrong as never).catch((thrown: unknown) => thrown)) as { code?: string };
      expect(error.code).to.equal('ERR_INVALID_ARGUMENT');
    }
    expect(server.http.listening).to.equal(true);
    await server.close({ preStopDelayMs: 0 });
  });

  it('is disposed with await using', async () => {
    const { server } = await serve();
    await server[Symbol.asyncDispose]();
    expect(server.http.listening).to.equal(false);
  });

  it('lets go of its host', async () => {
    const { host, server } = await serve();
    expect(host.events.listenerCount('run')).to.equal(2); // metrics and devices
    await server.close();
    expect(host.events.listenerCount('run')).to.equal(0);
  });

  it('does not wait for idle connections', async () => {
    const { server } = await serve({ drainTimeoutMs: 600_000 }); // the test would end in its own limit
    expectProblem(await predict(server.url, ''), { status: 400, code: 'ERR_MALFORMED_JSON' });
    const idle = await rawConnection(server.port);
    await server.close();
    await until('the connection is closed', () => idle.socket.closed);
  });

  describe('on a signal', () => {
    const signals = ['SIGUSR2', 'SIGWINCH', 'SIGHUP'] as const;
    const run = async (
      close: () => Promise<{ aborted: number }>,
      hostClose: () => Promise<void>,
      ...more: NodeJS.Signals[]
    ) => {
      const ended = new EventEmitter();
      const codes: number[] = [];
      const { logger, lines } = keptLogger();
      const stop = drainOnSignal({ close }, { close: hostClose }, logger, {
        signals,
        hostTimeoutMs: 50,
        exit: (code) => {
          codes.push(code);
          ended.emit('exit');
        },
      });
      process.emit('SIGUSR2', 'SIGUSR2');
      for (const signal of more) process.emit(signal, signal);
      await until('it exits', () => codes.length > 0);
      stop();
      return { code: codes[0], messages: lines().map((line) => line['msg']) };
    };
    const done = async () => ({ aborted: 0 });
    const never = () => new Promise<never>(() => undefined);

    it('exits 0 once all is drained', async () => {
      const { code, messages } = await run(done, async () => undefined);
      expect(code).to.equal(0);
      expect(messages).to.deep.equal(['draining', 'drained']);
    });
    it('exits 1 when requests were cut', async () => {
      expect(
        (
          await run(
            async () => ({ aborted: 2 }),
            async () => undefined,
          )
        ).code,
      ).to.equal(1);
    });
    it('exits 1 when the host does not close', async () => {
      expect((await run(done, never)).code).to.equal(1);
    });
    it('exits 1 when closing fails', async () => {
      expect(
        (
          await run(
            () => Promise.reject(new Error('no')),
            async () => undefined,
          )
        ).code,
      ).to.equal(1);
    });
    it('exits 1 at the second signal', async () => {
      expect((await run(never, never, 'SIGWINCH')).code).to.equal(1);
    });
    it('takes the same signal at once again, and a SIGHUP, for the first one', async () => {
      const { code, messages } = await run(done, async () => undefined, 'SIGUSR2', 'SIGHUP');
      expect(code).to.equal(0);
      expect(messages).to.deep.equal(['draining', 'drained']);
    });
  });
});
