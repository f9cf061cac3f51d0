import { expect } from 'chai';
import { Tensor } from '#dist/index.js';
import { createServer, type ServerOptions } from '#dist/server/index.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { grpc, GrpcClient } from '../../support/server/grpc.js';
import { until } from '../../support/server/http.js';
import { gate, MemoryHost } from '../../support/server/memory-host.js';

const request = {
  inputs: [{ name: 'input', content: new Tensor('float32', Float32Array.of(1, 0, 0, 0), [1, 4]) }],
};
const codeOf = (error: unknown): number => (error as grpc.ServiceError).code;

describe('gRPC: the end of a server', () => {
  const clients: GrpcClient[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  const serve = async (options: Partial<ServerOptions> = {}) => {
    const host = new MemoryHost();
    const server = await createServer({ host: host.asHost(), port: 0, grpcPort: 0, logger: false, ...options });
    const client = new GrpcClient(server.grpcPort);
    clients.push(client);
    return { host, server, client };
  };

  it('answers what is in flight, and refuses what comes after', async () => {
    const { host, server, client } = await serve();
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    const answers = Array.from({ length: 5 }, () => client.infer('tiny', request));
    const stream = client.stream();
    stream.send('tiny', request);
    await until('all run', () => host.runs === 6);
    const closing = server.close();
    await until('the port is closed', async () => {
      const other = new GrpcClient(server.grpcPort);
      const code = await other.call(rpcs.serverLive, {}, { deadlineMs: 2000 }).then(() => 0, codeOf);
      other.close();
      return grpc.status[code] === 'UNAVAILABLE';
    });
    open();
    for (const answer of await Promise.all(answers)) expect(answer.outputs).to.have.length(1);
    // Its requests were answered; there will be no others.
    expect((await stream.ended).code).to.equal(grpc.status.UNAVAILABLE);
    expect(stream.answers).to.have.length(1);
    expect(await closing).to.deep.equal({ aborted: 0 });
  });

  it('says NOT_SERVING at once, to whoever watches too, and serves until the delay is over', async () => {
    const { server, client } = await serve({ preStopDelayMs: 2000 });
    const seen: string[] = [];
    const same = (bytes: Buffer): Buffer => bytes;
    const watch = client.raw.makeServerStreamRequest(rpcs.healthWatch.path, same, same, Buffer.alloc(0));
    const ended = new Promise<grpc.StatusObject>((resolve) => watch.once('status', resolve));
    watch.on('error', () => undefined);
    watch.on('data', (bytes: Buffer) => seen.push(rpcs.healthWatch.response.decode(bytes).status));
    await until('it watches', () => seen.length === 1);
    const closing = server.close();
    expect(await client.call(rpcs.healthCheck, { service: '' })).to.deep.equal({ status: 'NOT_SERVING' });
    expect(await client.call(rpcs.serverReady, {})).to.deep.equal({ ready: false });
    expect(await client.call(rpcs.modelReady, { name: 'tiny', version: '' })).to.deep.equal({ ready: false });
    expect((await client.infer('tiny', request)).outputs).to.have.length(1);
    await until('the watcher is told', () => seen.length === 2);
    expect(seen).to.deep.equal(['SERVING', 'NOT_SERVING']);
    expect((await ended).code).to.equal(grpc.status.UNAVAILABLE);
    expect(await closing).to.deep.equal({ aborted: 0 });
  });

  it('cuts what is not done in time and says how many', async () => {
    const { host, server, client } = await serve({ drainTimeoutMs: 50 });
    host.behaviour = () => new Promise(() => undefined);
    const answer = client.infer('tiny', request).then(() => 0, codeOf);
    await until('it runs', () => host.runs === 1);
    expect(await server.close()).to.deep.equal({ aborted: 1 });
    expect(await answer).to.be.oneOf([grpc.status.UNAVAILABLE, grpc.status.CANCELLED, grpc.status.INTERNAL]);
  });

  it('ends a stream whose client sends on for as long as it is answered', async () => {
    const { host, server, client } = await serve({ drainTimeoutMs: 5000 });
    host.behaviour = () => new Promise((resolve) => setTimeout(resolve, 5));
    const stream = client.stream();
    stream.call.on('data', () => stream.send('tiny', request));
    for (let i = 0; i < 4; i++) stream.send('tiny', request);
    await until('it is in use', () => stream.answers.length > 8);
    expect(await server.close()).to.deep.equal({ aborted: 0 });
    expect((await stream.ended).code).to.equal(grpc.status.UNAVAILABLE);
  });

  it('waits for no connection and no stream that is idle', async () => {
    const { server, client } = await serve();
    const stream = client.stream();
    stream.send('tiny', request);
    await until('it is answered', () => stream.answers.length === 1);
    const began = performance.now();
    expect(await server.close()).to.deep.equal({ aborted: 0 });
    expect((await stream.ended).code).to.equal(grpc.status.UNAVAILABLE);
    expect(performance.now() - began).to.be.lessThan(10_000);
  });
});
