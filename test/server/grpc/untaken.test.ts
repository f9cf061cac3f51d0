import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { expect } from 'chai';
import { Tensor } from '#dist/index.js';
import { wireRequest } from '#dist/protocol/grpc/infer-codec.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import { GrpcClient } from '../../support/server/grpc.js';
import { MemoryHost } from '../../support/server/memory-host.js';

const limit = 65_536;
/** A field that no message has: it is skipped. */
const padding = Buffer.concat([Buffer.from([0x7a, 0xe0, 0xd4, 0x03]), Buffer.alloc(60_000)]);
const inferring = Buffer.concat(
  rpcs.modelStreamInfer.request
    .encode(
      wireRequest(
        { model: 'tiny', version: undefined },
        { inputs: [{ name: 'input', content: new Tensor('float32', Float32Array.of(1, 0, 0, 0), [1, 4]) }] },
      ),
    )
    .pieces(),
);
const framed = (message: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

describe('gRPC: clients that do not take their answers', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
  const serve = async (receiveTimeoutMs: number, options: Partial<ServerOptions> = {}): Promise<InferenceServer> => {
    const server = await createServer({
      host: new MemoryHost().asHost(),
      port: 0,
      grpcPort: 0,
      logger: false,
      binaryLimitBytes: limit,
      jsonLimitBytes: limit,
      headersTimeoutMs: 200,
      receiveTimeoutMs,
      ...options,
    });
    open.push(server);
    return server;
  };
  /** @param initialWindowSize 0 takes no byte of an answer, but its headers */
  const session = async (server: InferenceServer, initialWindowSize?: number): Promise<ClientHttp2Session> => {
    const opened = connect(`http://127.0.0.1:${server.grpcPort}`, {
      settings: initialWindowSize === undefined ? {} : { initialWindowSize },
    });
    opened.on('error', () => undefined);
    open.push({ close: () => opened.destroy() });
    await once(opened, 'remoteSettings');
    return opened;
  };
  const begin = (on: ClientHttp2Session, path: string, message: Buffer): ClientHttp2Stream => {
    const stream = on.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('error', () => undefined);
    stream.resume();
    stream.write(framed(message));
    return stream;
  };
  const answersOthers = async (server: InferenceServer): Promise<void> => {
    const client = new GrpcClient(server.grpcPort);
    open.push(client);
    expect(await client.call(rpcs.serverLive, {}, { deadlineMs: 10_000 })).to.deep.equal({ live: true });
  };

  it('leave room for the messages of others', async () => {
    const server = await serve(120_000);
    const silent = await session(server, 0);
    const calls = Array.from({ length: 6 }, () => begin(silent, rpcs.serverLive.path, padding).end());
    await Promise.all(calls.map((call) => once(call, 'response')));
    await answersOthers(server);
  });

  it('leave room for the messages of others while they watch the health of the server', async () => {
    const server = await serve(120_000);
    const watching = await session(server);
    const calls = Array.from({ length: 6 }, () => begin(watching, rpcs.healthWatch.path, padding).end());
    await Promise.all(calls.map((call) => once(call, 'data')));
    await answersOthers(server);
  });

  for (const [name, message] of [
    ['serverLive', Buffer.alloc(0)],
    ['healthWatch', Buffer.alloc(0)],
    ['modelStreamInfer', inferring],
  ] as const) {
    it(`have so long for them as a message may take to arrive: ${name}`, async () => {
      const server = await serve(250);
      const call = begin(await session(server, 0), rpcs[name].path, message);
      if (name !== 'modelStreamInfer') call.end();
      await once(call, 'close');
      expect(call.rstCode).to.equal(constants.NGHTTP2_CANCEL);
      expect(await server.close()).to.deep.equal({ aborted: 0 });
    });
  }

  it('may watch for longer than that when they take what comes', async () => {
    const server = await serve(250);
    const call = begin(await session(server), rpcs.healthWatch.path, Buffer.alloc(0)).end();
    await once(call, 'data');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(call.closed).to.equal(false);
    call.destroy();
  });

  it('go on where they take little by little', async () => {
    const server = await serve(1000, { binaryLimitBytes: 32 * limit, jsonLimitBytes: 32 * limit });
    const answer = wireRequest(
      { model: 'tiny', version: undefined },
      { inputs: [{ name: 'input', content: new Tensor('float32', new Float32Array(4 * 65_536), [65_536, 4]) }] },
    );
    const slow = await session(server, 1024);
    const call = begin(slow, rpcs.modelInfer.path, Buffer.concat(rpcs.modelInfer.request.encode(answer).pieces()));
    call.end();
    call.pause();
    const [headers] = (await once(call, 'response')) as [Record<string, string>];
    let bytes = 0;
    for (let reads = 0; reads < 400 && !call.readableEnded && !call.closed; reads++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      for (let piece: unknown; (piece = call.read()) !== null;) bytes += (piece as Buffer).length;
    }
    expect(call.rstCode, JSON.stringify(headers)).to.equal(constants.NGHTTP2_NO_ERROR);
    expect(bytes).to.be.above(40_000);
  });

  it('are refused where they do not end a call of one message', async () => {
    const server = await serve(250);
    const call = begin(await session(server), rpcs.serverLive.path, padding);
    const [headers] = (await once(call, 'response')) as [Record<string, string>];
    expect(headers).to.include({ 'grpc-status': '4', 'x-error-code': 'ERR_REQUEST_TIMEOUT' });
    await answersOthers(server);
  });
});
