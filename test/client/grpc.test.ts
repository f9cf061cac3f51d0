import { expect } from 'chai';
import {
  InferenceClient,
  InferenceProtocolError,
  InferenceServerError,
  Tensor,
  type ClientOptions,
} from '#dist/client/index.js';
import { Channels } from '#dist/client/grpc/channel.js';
import { readResponse } from '#dist/client/grpc/messages.js';
import { resolveOptions } from '#dist/client/options.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { rejection } from '../support/errors.js';
import { freezingProxy } from '../support/freezing-proxy.js';
import { grpc } from '../support/server/grpc.js';
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

  it('takes another connection once nothing came over one in the time of a call', async () => {
    const proxy = await freezingProxy(server.grpcPort);
    try {
      const client = new InferenceClient(`grpc://127.0.0.1:${proxy.port}`, { retries: 0 });
      clients.push(client);
      expect(await client.isLive()).to.equal(true);
      expect(await client.isLive()).to.equal(true);
      expect(proxy.connections).to.equal(1);
      proxy.freeze();
      await rejection(() => client.isLive({ timeoutMs: 100 }), 'ERR_TIMEOUT');
      expect(await client.isLive()).to.equal(true);
      expect(proxy.connections).to.equal(2);
      proxy.freeze();
      const requests = async function* () {
        yield { inputs: { input: x } };
        await new Promise(() => undefined);
      };
      const stream = async (): Promise<void> => {
        for await (const _ of client.model('tiny').stream(requests(), { timeoutMs: 100 })) expect.fail('answered');
      };
      await rejection(stream, 'ERR_TIMEOUT');
      expect(await client.isLive()).to.equal(true);
      // A client of its own has a connection of its own.
      const other = new InferenceClient(`grpc://127.0.0.1:${proxy.port}`, { retries: 0 });
      clients.push(other);
      expect(await other.isLive()).to.equal(true);
      expect(proxy.connections).to.equal(4);
    } finally {
      proxy.close();
    }
  });

  it('keeps a connection that is still being made when the time of a call is over', async () => {
    const proxy = await freezingProxy(server.grpcPort);
    try {
      const client = new InferenceClient(`grpc://127.0.0.1:${proxy.port}`, { retries: 0 });
      clients.push(client);
      proxy.hold();
      await rejection(() => client.isLive({ timeoutMs: 100 }), 'ERR_TIMEOUT');
      await rejection(() => client.isLive({ timeoutMs: 100 }), 'ERR_TIMEOUT');
      proxy.release();
      expect(await client.isLive()).to.equal(true);
      expect(proxy.connections).to.equal(1);
    } finally {
      proxy.close();
    }
  });

  it('keeps a connection over which something came meanwhile, and one that calls run on', async () => {
    const channels = new Channels(grpc, resolveOptions(`grpc://127.0.0.1:${server.grpcPort}`, {}));
    try {
      const first = channels.open(undefined);
      await new Promise<void>((resolve, reject) => {
        first.client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve()));
      });
      first.end();
      const [slow, other] = [channels.open(undefined), channels.open(undefined)];
      expect(other.client).to.equal(slow.client);
      other.heard();
      slow.timedOut();
      const next = channels.open(undefined);
      expect(next.client).to.equal(slow.client);
      next.timedOut();
      next.end();
      expect(channels.open(undefined).client).to.not.equal(slow.client);
      slow.end();
      expect(slow.client.getChannel().getConnectivityState(false)).to.not.equal(grpc.connectivityState.SHUTDOWN);
      other.end();
      expect(slow.client.getChannel().getConnectivityState(false)).to.equal(grpc.connectivityState.SHUTDOWN);
    } finally {
      channels.close();
    }
  });

  it('waits for a server behind a gateway that has none yet', async () => {
    const gateway = new grpc.Server();
    let asked = 0;
    const { path, response } = rpcs.serverReady;
    gateway.addService(
      {
        ServerReady: {
          ...{ path, requestStream: false, responseStream: false },
          requestSerialize: (bytes: Buffer) => bytes,
          requestDeserialize: (bytes: Buffer) => bytes,
          responseSerialize: () => Buffer.concat(response.encode({ ready: true }).pieces()),
          responseDeserialize: (bytes: Buffer) => bytes,
        },
      },
      {
        ServerReady: ((_call: unknown, answer: (error: object | null, value?: object) => void) => {
          if (++asked < 3) answer({ code: grpc.status.UNAVAILABLE, details: 'no healthy upstream' });
          else answer(null, {});
        }) as never,
      },
    );
    const port = await new Promise<number>((resolve, reject) =>
      gateway.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    try {
      const client = new InferenceClient(`grpc://127.0.0.1:${port}`, { retries: 0 });
      clients.push(client);
      await client.waitUntilReady({ intervalMs: 1 });
      expect(asked).to.equal(3);
    } finally {
      gateway.forceShutdown();
    }
  });

  const ofStreams: readonly [string, object][] = [
    ['timeoutMs', { timeoutMs: 5 }],
    ['signal', { signal: new AbortController().signal }],
    ['headers', { headers: { a: 'b' } }],
    ['compression', { compression: 'gzip' }],
    ['binary', { binary: true }],
    ['idempotent', { idempotent: false }],
  ];
  for (const [name, option] of ofStreams) {
    it(`refuses ${name} of one request of a stream`, async () => {
      const stream = async (): Promise<void> => {
        for await (const _ of clientOf()
          .model('tiny')
          .stream([{ inputs: { input: x }, ...option }]))
          expect.fail('it was answered');
      };
      const { message } = await rejection(stream, 'ERR_INVALID_ARGUMENT');
      expect(message).to.include(name).and.include('a request of a stream');
    });
  }

  it('gives a stream no limit of time where none is said', async () => {
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    // The client's limit is of other calls.
    const model = clientOf({ timeoutMs: 20 }).model('tiny');
    const answers: unknown[] = [];
    const stream = (async () => {
      for await (const answer of model.stream([{ inputs: { input: x } }], { timeoutMs: undefined }))
        answers.push(answer);
    })();
    await until('it runs', () => host.runs === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    open();
    await stream;
    expect(answers).to.have.length(1);
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
