import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { root } from '../support/paths.js';
import { digits } from '../support/server/digits.js';
import { predict, rawConnection, until } from '../support/server/http.js';

const body = JSON.stringify({ input_data: digits[7]?.input });

describe('SIGTERM', function () {
  this.timeout(30_000);

  const running: ChildProcess[] = [];
  /** What ends the clients of a test: one that has failed has not done so. */
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    const quiet = ends.splice(0).map((end) => end().catch(() => undefined));
    for (const child of running.splice(0)) {
      const isOver = child.exitCode !== null || child.signalCode !== null;
      if (!isOver) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    await Promise.all(quiet);
  });

  const start = async (): Promise<{ child: ChildProcess; url: string; lines: Record<string, unknown>[] }> => {
    const child = spawn(process.execPath, [`${root}test/support/server/serve-digits.mjs`], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    const lines: Record<string, unknown>[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The server exited with ${code}`)));
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as Record<string, unknown>;
        lines.push(line);
        if (line['msg'] === 'listening') resolve(String(line['url']));
      });
    });
    return { child, url, lines };
  };

  it('loses no request under load, and exits 0', async () => {
    const { child, url, lines } = await start();
    let refused = 0;
    let answered = 0;
    let stop = false;
    const client = async () => {
      while (!stop) {
        try {
          expect((await predict(url, body)).status).to.equal(200);
          answered++;
        } catch (error) {
          // Only a connection that the server never took may fail: what it took is counted below.
          const { code } = (error as { cause?: { code?: string } }).cause ?? {};
          expect(code, String(error)).to.be.oneOf(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
          refused++;
          return;
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    const end = () => {
      stop = true;
      return clients;
    };
    ends.push(end);
    await until('requests are answered', () => answered > 50);
    const exited = once(child, 'close');
    child.kill('SIGTERM');
    const [code, signal] = (await exited) as [number | null, string | null];
    await end();
    expect({ code, signal }).to.deep.equal({ code: 0, signal: null });
    expect(refused).to.be.above(0);
    expect(lines.at(-1)).to.include({ msg: 'drained', aborted: 0, hostClosed: true });
    expect(lines.filter(({ status }) => status !== undefined)).to.have.length(answered);
  });

  it('exits 1 at once at a second signal', async () => {
    const { child, url, lines } = await start();
    // A request whose body never comes: the drain waits for it.
    const { socket } = await rawConnection(Number(new URL(url).port));
    socket.write(
      'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    const inFlight = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    await until('it is in flight', async () => /^node_libtorch_http_requests_in_flight 2$/m.test(await inFlight()));
    const exited = once(child, 'close');
    child.kill('SIGTERM');
    await until('it drains', () => lines.some(({ msg }) => msg === 'draining'));
    child.kill('SIGINT');
    expect(await exited).to.deep.equal([1, null]);
  });
});
