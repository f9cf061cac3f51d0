/** A request that a queue never has room for, however empty it is: its refusal is one that no client tries again. */
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { grpc, GrpcClient } from '../support/server/grpc.js';
import { expectProblem, predict } from '../support/server/http.js';

const rowBytes = 784 * 4;

describe('inputs of more bytes than maxQueueBytes', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let client: GrpcClient;
  before(async () => {
    host = await ModelHost.open({
      models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 2, maxQueueBytes: 2 * rowBytes } }],
    });
    server = await createServer({ host, port: 0, grpcPort: 0, logger: false });
    client = new GrpcClient(server.grpcPort);
  });
  after(async () => {
    client.close();
    await server.close();
    await host.close();
  });

  const numbers = (rows: number) => Array<number>(rows * 784).fill(0.5);
  const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(server.url + path, { method: 'POST', body: body as string, headers });
  const tensorOf = (rows: number) => ({ name: 'input', datatype: 'FP32', shape: [rows, 784] });
  const fits = /maxQueueBytes.*received 9408: send fewer/;

  it('are 413 over /predict, as numbers and as bytes', async () => {
    const ask = (rows: number) => predict(server.url, JSON.stringify({ input_data: numbers(rows), batch_size: rows }));
    const octets = (rows: number) =>
      predict(server.url, Buffer.from(Float32Array.from(numbers(rows)).buffer), {
        'content-type': 'application/octet-stream',
      });
    for (const send of [ask, octets]) {
      const answer = await send(3);
      expectProblem(answer, { status: 413, code: 'ERR_PAYLOAD_TOO_LARGE' });
      expect(answer.body['detail']).to.match(fits);
      expect(answer.headers.has('retry-after')).to.equal(false);
      expect((await send(2)).status).to.equal(200);
    }
  });

  it('are 413 over OIP, in JSON and in binary, and over KServe’s first protocol', async () => {
    const json = (rows: number) => JSON.stringify({ inputs: [{ ...tensorOf(rows), data: numbers(rows) }] });
    const binary = (rows: number) => {
      const parameters = { binary_data_size: rows * rowBytes };
      const head = JSON.stringify({ inputs: [{ ...tensorOf(rows), parameters }] });
      const body = Buffer.concat([Buffer.from(head), Buffer.from(Float32Array.from(numbers(rows)).buffer)]);
      return post('/v2/models/mnist-mlp/infer', body, { 'inference-header-content-length': String(head.length) });
    };
    const rowsOf = (rows: number) => Array.from({ length: rows }, () => numbers(1));
    const ways = {
      json: (rows: number) => post('/v2/models/mnist-mlp/infer', json(rows)),
      binary,
      v1: (rows: number) => post('/v1/models/mnist-mlp:predict', JSON.stringify({ instances: rowsOf(rows) })),
    };
    for (const [way, send] of Object.entries(ways)) {
      const answer = await send(3);
      expect(answer.status, way).to.equal(413);
      expect(((await answer.json()) as { error: string }).error, way).to.match(fits);
      const fitting = await send(2);
      expect(fitting.status, way).to.equal(200);
      await fitting.arrayBuffer();
    }
  });

  it('are INVALID_ARGUMENT over gRPC, which no policy of retries sends again', async () => {
    const ask = (rows: number) =>
      client.infer('mnist-mlp', {
        inputs: [{ name: 'input', content: new Tensor('float32', Float32Array.from(numbers(rows)), [rows, 784]) }],
      });
    const error = await ask(3).then(
      () => expect.fail('it was answered'),
      (thrown: unknown) => thrown as grpc.ServiceError,
    );
    expect(error.code).to.equal(grpc.status.INVALID_ARGUMENT);
    expect(error.details).to.match(fits);
    expect(error.metadata.get('x-error-code')).to.deep.equal(['ERR_PAYLOAD_TOO_LARGE']);
    expect(error.metadata.get('retry-after')).to.deep.equal([]);
    expect((await ask(2)).outputs).to.have.length(1);
  });
});
