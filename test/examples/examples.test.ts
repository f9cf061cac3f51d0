import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { root } from '../support/paths.js';
import { digits } from '../support/server/digits.js';
import { octets } from '../support/server/octets.js';

const digit = digits[4];
const pixels = digit?.input ?? [];

describe('examples', function () {
  this.timeout(60_000);
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  /** Starts one, and returns its address once it listens. */
  const start = async (name: string): Promise<string> => {
    child = spawn(process.execPath, [`${root}examples/${name}.mjs`], {
      cwd: root,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(child.stdout!)) {
      const url = /^listening on (\S+)$/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error(`${name} ended before it listened`);
  };
  const end = async () => {
    child?.kill('SIGTERM');
    expect(await once(child as ChildProcess, 'exit')).to.deep.equal([0, null]);
  };
  const post = (url: string, body: unknown, type = 'application/json') =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': type },
      body: (body instanceof Uint8Array ? body : JSON.stringify(body)) as string,
    });
  const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

  /** Every route of the app, by its address. */
  const expectServes = async (url: string) => {
    const answer = await post(`${url}/predict`, { input_data: pixels });
    expect((await bodyOf(answer))['predictions']).to.deep.equal([digit?.label]);
    const raw = await post(`${url}/predict?model=mnist-mlp`, octets(pixels), 'application/octet-stream');
    expect((await bodyOf(raw))['labels']).to.deep.equal([String(digit?.label)]);
    expect(await bodyOf(await fetch(`${url}/health/ready`))).to.include({ status: 'ready' });
    const missing = await fetch(`${url}/nothing%20here`);
    expect(missing.status).to.equal(404);
    expect(await bodyOf(missing)).to.include({ code: 'ERR_ROUTE_NOT_FOUND' });
    const compat = await post(`${url}/v1/models/mnist%2dmlp:predict`, { instances: [pixels] });
    expect((await bodyOf(compat))['predictions']).to.have.length(1);
    const torchserve = await post(`${url}/predictions/mnist-mlp`, pixels);
    expect(Object.keys(await bodyOf(torchserve))).to.include(String(digit?.label));
    for (const [name, status] of [
      ['nobody', 404],
      ['no%20name', 400],
    ] as const) {
      const refused = await post(`${url}/v1/models/${name}:predict`, { instances: [1] });
      expect(refused.status, name).to.equal(status);
      expect(Object.keys(await bodyOf(refused))).to.deep.equal(['error']);
    }
    const wrong = await fetch(`${url}/predict`, { method: 'DELETE' });
    expect(wrong.status).to.equal(405);
  };

  it('express.mjs: the routes under /ml, its own beside them', async () => {
    const url = await start('express');
    await expectServes(`${url}/ml`);
    expect(await (await fetch(url)).text()).to.include('ready');
    const own = (await (await post(`${url}/digits`, { input_data: pixels })).json()) as { label: string }[];
    expect(own[0]?.label).to.equal(String(digit?.label));
    await end();
  });

  it('fastify.mjs: the routes under /ml, its own beside them', async () => {
    const url = await start('fastify');
    await expectServes(`${url}/ml`);
    expect(await bodyOf(await fetch(url))).to.deep.equal({ models: ['mnist-mlp v1.0'] });
    await end();
  });

  it('worker-host.mjs: models in a worker, asked by messages', async () => {
    const url = await start('worker-host');
    const answer = (await (await post(url, { input_data: pixels })).json()) as { label: string }[];
    expect(answer[0]?.label).to.equal(String(digit?.label));
    const refused = await post(url, { input_data: [1, 2] });
    expect(refused.status).to.equal(400);
    expect(await bodyOf(refused)).to.include({ code: 'ERR_INVALID_SHAPE' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => (await post(url, { input_data: pixels })).status),
    );
    expect(answers).to.deep.equal(Array(50).fill(200));
    await end();
  });

  it('worker-server.mjs: a server in a worker', async () => {
    const url = await start('worker-server');
    await expectServes(url);
    await end();
  });
});
