import { expect } from 'chai';
import {
  InferenceClient,
  InferenceProtocolError,
  InferenceServerError,
  Tensor,
  type ClientOptions,
} from '#dist/client/index.js';
import { readResponse } from '#dist/client/grpc/messages.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { rejection } from '../support/errors.js';
import { until } from '../support/server/http.js';
import { gate, MemoryHost } from '../support/server/memory-host.js';

const x = Tensor.from([[1, 0, 0.5, 0]]);

describe('a client of gRPC', () => {
  let host: MemoryHost;
  let server: InferenceServer;
  let clients: InferenceClient[];
  const clientOf = (options: ClientOptions = {}): InferenceClient => {
    const client = new InferenceClient(`grpc://127.0.0.1:${server.grpcPort}`, { retries: 0, ...options });
    clients.push(client);
    return client;
  };
  beforeEach(async () => {
    clients = [];
    host = new MemoryHost();
    server = await createServer({
      host: host.asHost(),
      port: 0,
      grpcPort: 0,
      logger: false,
      binaryLimitBytes: 100_000,
    });
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await server.close();
  });

  it('tells a request that is too large from an answer that is', async () => {
    const large = Tensor.from([Array<number>(30_000).fill(0)]);
    const request = await rejection(() => clientOf().model('tiny').infer({ input: large }), 'ERR_PAYLOAD_TOO_LARGE');
    expect(request).to.be.an.instanceOf(InferenceServerError).with.property('status', 413);
    const answer = await rejection(
      () => clientOf({ maxAnswerBytes: 20 }).model('tiny').infer({ input: x }),
      'ERR_BAD_ANSWER',
    );
    expect(answer).to.be.an.instanceOf(InferenceProtocolError);
    expect(answer.message).to.include('maxAnswerBytes');
  });

  it('reads the code of an error that comes in a stream', async () => {
    const model = clientOf().model('nothing');
    const stream = async (): Promise<void> => {
      for await (const _ of model.stream([{ inputs: { input: x } }])) expect.fail('it was answered');
    };
    const error = await rejection(stream, 'ERR_VERSION_NOT_FOUND');
    expect(error).to.be.an.instanceOf(InferenceServerError).with.property('status', 404);
  });

  it('gives outputs that share no memory with the message', async () => {
    const message = Buffer.from(new ArrayBuffer(64));
    const { outputs } = readResponse(
      {
        ...{ model_name: 'm', model_version: '', id: '', parameters: {} },
        outputs: [{ name: 'y', datatype: 'FP32', shape: [2], parameters: {} }],
        raw_output_contents: [message.subarray(16, 24)],
      },
      'a call',
    );
    const { data } = outputs[0]?.content as Tensor;
    expect([data.length, data.buffer.byteLength]).to.deep.equal([2, 8]);
  });

  it('ends calls that run when it is closed', async () => {
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    const client = clientOf({ retries: 2 });
    const running = rejection(() => client.model('tiny').infer({ input: x }), 'ERR_DISPOSED');
    await until('it runs', () => host.runs === 1);
    client.close();
    await running;
    expect(host.runs).to.equal(1);
    open();
  });

  it('leaves no rejection behind when the requests of a stream fail as it ends', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.prependListener('unhandledRejection', note);
    try {
      const requests = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false as const, value: { inputs: { input: x } } }),
          return: () => Promise.reject(new Error('cannot end')),
        }),
      };
      for await (const _ of clientOf().model('tiny').stream(requests)) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(unhandled).to.deep.equal([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
