import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { Tensor } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { grpc, GrpcClient } from '../../support/server/grpc.js';
import { until } from '../../support/server/http.js';
import { gate, logits, MemoryHost } from '../../support/server/memory-host.js';

const rowOf = (value: number) => ({
  id: String(value),
  inputs: [{ name: 'input', content: new Tensor('float32', Float32Array.of(value, 0, 0, 0), [1, 4]) }],
});

describe('ModelStreamInfer', () => {
  let host: MemoryHost;
  let server: InferenceServer;
  let client: GrpcClient;
  beforeEach(async () => {
    host = new MemoryHost();
    server = await createServer({ host: host.asHost(), port: 0, grpcPort: 0, logger: false });
    client = new GrpcClient(server.grpcPort);
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  it('answers in the order of the requests, whatever ends first', async () => {
    const delays = [30, 0, 10, 0, 20, 0];
    host.behaviour = () => new Promise((resolve) => setTimeout(resolve, delays[host.runs - 1] ?? 0));
    const stream = client.stream();
    for (const value of delays.keys()) stream.send('tiny', rowOf(value / 8));
    stream.call.end();
    expect((await stream.ended).code).to.equal(grpc.status.OK);
    expect(stream.answers.map(({ infer_response }) => infer_response?.id)).to.deep.equal(
      [...delays.keys()].map((value) => String(value / 8)),
    );
    const [, second] = stream.answers;
    const data = new Float32Array(Buffer.from(second?.infer_response?.raw_output_contents[0] ?? []).buffer.slice(0));
    expect(data.length).to.be.greaterThan(0);
    expect(second?.infer_response?.parameters['triton_final_response']?.bool_param).to.equal(true);
    expect(logits([1 / 8, 0, 0, 0])[0]).to.equal(0.25);
  });

  it('says what is wrong with one request, under its id, and goes on', async () => {
    const stream = client.stream();
    stream.send('tiny', rowOf(0.1));
    stream.send('nope', rowOf(0.2));
    stream.call.write(Buffer.from('no protobuf'));
    stream.send('tiny', { ...rowOf(0.3), outputs: [{ name: 'x' }] });
    stream.send('tiny', rowOf(0.4));
    stream.call.end();
    expect((await stream.ended).code).to.equal(grpc.status.OK);
    const seen = stream.answers.map(({ error_message, infer_response }) => [infer_response?.id, error_message !== '']);
    expect(seen).to.deep.equal([
      ['0.1', false],
      ['0.2', true],
      ['', true],
      ['0.3', true],
      ['0.4', false],
    ]);
    expect(stream.answers[1]?.error_message).to.include('Expected');
  });

  it('reads no more than a bounded number of requests ahead of their answers', async () => {
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    const stream = client.stream();
    for (let i = 0; i < 500; i++) stream.send('tiny', rowOf(i / 500));
    stream.call.end();
    await until('the bound is reached', () => host.runs >= 64);
    // Whatever is under way arrives meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(host.runs).to.be.within(64, 66);
    open();
    expect((await stream.ended).code).to.equal(grpc.status.OK);
    expect(stream.answers).to.have.length(500);
    expect(stream.answers.every(({ infer_response }, i) => infer_response?.id === String(i / 500))).to.equal(true);
  });

  it('leaves nothing behind, however a stream ends', async () => {
    const listeners = new Map<EventTarget, number>();
    const methods = { addEventListener: 1, removeEventListener: -1 };
    for (const [name, change] of Object.entries(methods)) {
      const own = Reflect.get(EventTarget.prototype, name) as (this: EventTarget, ...args: unknown[]) => void;
      Reflect.set(AbortSignal.prototype, name, function (this: AbortSignal, ...args: unknown[]) {
        listeners.set(this, (listeners.get(this) ?? 0) + change);
        own.apply(this, args);
      });
    }
    try {
      for (let i = 0; i < 5; i++) {
        const stream = client.stream();
        stream.send('tiny', rowOf(i / 8));
        stream.call.end();
        expect((await stream.ended).code).to.equal(grpc.status.OK);
        const cancelled = client.stream();
        cancelled.send('tiny', rowOf(i / 8));
        await until('it is answered', () => cancelled.answers.length === 1);
        cancelled.call.cancel();
        await cancelled.ended;
      }
      const left = (): number => Math.max(...listeners.values());
      expect(listeners.size).to.be.greaterThan(0);
      await until('the streams are forgotten', () => left() <= 1);
    } finally {
      for (const name of Object.keys(methods)) Reflect.deleteProperty(AbortSignal.prototype, name);
    }
  });

  it('ends when a message of it does not come to its end', async () => {
    const limits = { receiveTimeoutMs: 300, headersTimeoutMs: 200, logger: false, port: 0, grpcPort: 0 } as const;
    const impatient = await createServer({ host: host.asHost(), ...limits });
    const session = connect(`http://127.0.0.1:${impatient.grpcPort}`);
    try {
      const request = session.request({
        ':method': 'POST',
        ':path': rpcs.modelStreamInfer.path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      request.on('error', () => undefined);
      const answered = once(request, 'response');
      request.write(Buffer.from([0, 0, 0, 4, 0, 1, 2, 3]));
      const [headers] = (await answered) as [Record<string, string>];
      expect(headers).to.include({ 'grpc-status': '4', 'x-error-code': 'ERR_REQUEST_TIMEOUT' });
    } finally {
      session.destroy();
      await impatient.close();
    }
  });

  it('gives up what runs when the client cancels', async () => {
    const { behaviour, open } = gate();
    let aborted = 0;
    host.behaviour = (options) => {
      options.signal?.addEventListener('abort', () => aborted++);
      return behaviour(options);
    };
    const stream = client.stream();
    for (let i = 0; i < 3; i++) stream.send('tiny', rowOf(i / 4));
    await until('they run', () => host.runs === 3);
    stream.call.cancel();
    expect((await stream.ended).code).to.equal(grpc.status.CANCELLED);
    await until('all are aborted', () => aborted === 3);
    open();
  });
});
