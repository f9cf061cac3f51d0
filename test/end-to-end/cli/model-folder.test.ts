import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { digitModel, onnx } from '../../support/paths.js';
import { ask, freePort, main, serveProcess, type LoggingProcess } from '../../support/server/serve-process.js';

describe("node-libtorch serve of a folder, with KServe's flags", function () {
  this.timeout(120_000);
  let folder: string;
  let server: LoggingProcess | undefined;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'node-libtorch-served-folder-'))));
  afterEach(async () => {
    server?.child.kill('SIGKILL');
    await server?.ended;
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  const put = (file: string, at: string): void => {
    mkdirSync(dirname(join(folder, at)), { recursive: true });
    cpSync(file, join(folder, at));
  };
  /** What comes after `serve` in a manifest; gRPC and HTTP each have a port. */
  const start = async (...args: string[]): Promise<number> => {
    const port = await freePort();
    // Beside --http_port the --port 0 of serveProcess is the port of gRPC.
    server = serveProcess([folder, '--http_port', String(port), ...args]);
    return port;
  };
  const get = async (port: number, path: string): Promise<Record<string, unknown>> => {
    const { status, body } = await ask(port, path);
    expect(status, `${path}: ${body}`).to.equal(200);
    return JSON.parse(body) as Record<string, unknown>;
  };
  const image = {
    inputs: [{ name: 'INPUT__0', datatype: 'FP32', shape: [1, 784], data: Array<number>(784).fill(0.5) }],
  };
  const infer = async (port: number, path: string): Promise<Record<string, unknown>> => {
    const { status, body } = await ask(port, path, { body: Buffer.from(JSON.stringify(image)) });
    expect(status, `${path}: ${body}`).to.equal(200);
    return JSON.parse(body) as Record<string, unknown>;
  };

  it('serves a single file under the given name, over HTTP and gRPC', async () => {
    put(digitModel, 'model.pt');
    const port = await start('--model_name', 'x');
    const [ready] = await server!.seen('ready');
    expect(ready).to.include({ model: 'x', version: '1' });
    const [listening] = await server!.seen('listening');
    expect(listening?.['url']).to.equal(`http://127.0.0.1:${port}`);
    expect(listening?.['grpcPort']).to.be.above(0).and.not.equal(port);
    expect(await infer(port, '/v2/models/x/infer')).to.include({ model_name: 'x', model_version: '1' });
    const { status } = await ask(port, '/v1/models/x:predict', {
      body: Buffer.from(JSON.stringify({ instances: [image.inputs[0]?.data] })),
    });
    expect(status, 'the first protocol').to.equal(200);
  });

  it('serves every version under the name, the highest by default, and those that come later', async () => {
    put(digitModel, 'digits/2/model.pt');
    put(digitModel, 'digits/10/model.pt');
    const port = await start('--model_name', 'x');
    await server!.seen('ready', 2);
    expect(await get(port, '/v2/models/x')).to.deep.include({ name: 'x', versions: ['10', '2'] });
    expect(await infer(port, '/v2/models/x/infer')).to.include({ model_version: '10' });
    expect(await infer(port, '/v2/models/x/versions/2/infer')).to.include({ model_version: '2' });
    put(digitModel, 'digits/11/model.pt');
    server!.child.kill('SIGHUP');
    expect((await server!.seen('models refreshed'))[0]).to.deep.include({ loaded: ['x 11'], failed: [] });
    expect(await infer(port, '/v2/models/x/versions/11/infer')).to.include({ model_version: '11' });
    expect(await infer(port, '/v2/models/x/infer'), 'the default of the start').to.include({ model_version: '10' });
  });

  it('serves several models of a folder, from two processes', async () => {
    put(digitModel, 'digits/1/model.pt');
    put(onnx('linear'), 'linear/1/model.onnx');
    const port = await start('--workers', '2', '--model_name', 'linear');
    await server!.seen('worker ready', 2);
    expect(await get(port, '/v2/models/linear')).to.include({ name: 'linear' });
    expect(await infer(port, '/v2/models/digits/infer')).to.include({ model_name: 'digits' });
  });

  it('ends with exit code 2 and the reason where the folder has no model', () => {
    const { status, stderr } = spawnSync(process.execPath, [main, 'serve', folder, '--model_name', 'x'], {
      encoding: 'utf8',
    });
    expect(status).to.equal(2);
    expect(stderr).to.include('error [ERR_INVALID_ARGUMENT] Expected a model file (.pt').and.include('nothing');
  });
});
