import { expect } from 'chai';
import { Tensor } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { inferRequest, type WireInferRequest, type WireTensor } from '#dist/protocol/grpc/infer-messages.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { seeded } from '../../support/random.js';
import { grpc, GrpcClient } from '../../support/server/grpc.js';
import { until } from '../../support/server/http.js';
import { keptLogger } from '../../support/server/logs.js';
import { gate, logits, MemoryHost } from '../../support/server/memory-host.js';

const { status } = grpc;
const path = rpcs.modelInfer.path;
const row = new Tensor('float32', Float32Array.of(1, 0, 0.5, 0), [1, 4]);
const request = { inputs: [{ name: 'input', content: row }] };
const bytesOf = (wire: WireInferRequest): Buffer => Buffer.concat(inferRequest.encode(wire).pieces());
const rawRow = Buffer.from(row.data.buffer);

const wire = (input: Partial<WireTensor>, more: Partial<WireInferRequest> = {}): WireInferRequest => ({
  model_name: 'tiny',
  model_version: '',
  id: '',
  parameters: {},
  inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 4], parameters: {}, ...input }],
  outputs: [],
  raw_input_contents: [rawRow],
  ...more,
});

describe('ModelInfer', () => {
  const { logger, lines } = keptLogger();
  let host: MemoryHost;
  let server: InferenceServer;
  let client: GrpcClient;
  before(async () => {
    host = new MemoryHost();
    server = await createServer({ host: host.asHost(), port: 0, grpcPort: 0, logger, binaryLimitBytes: 100_000 });
    client = new GrpcClient(server.grpcPort);
  });
  beforeEach(() => {
    host.behaviour = async () => undefined;
  });
  after(async () => {
    client.close();
    await server.close();
  });

  const refused = async (message: WireInferRequest | Buffer): Promise<grpc.ServiceError> => {
    const bytes = Buffer.isBuffer(message) ? message : bytesOf(message);
    return client.bytes(path, bytes).then(
      () => expect.fail('it was answered'),
      (error: unknown) => error as grpc.ServiceError,
    );
  };
  it('answers any number of large messages at once, though only some have room', async () => {
    const large = wire({ parameters: { a: { string_param: 'x'.repeat(60_000) } } });
    const others = Array.from({ length: 8 }, () => new GrpcClient(server.grpcPort));
    try {
      const answers = await Promise.all(
        others.flatMap((other) => Array.from({ length: 8 }, () => other.bytes(path, bytesOf(large)))),
      );
      expect(answers).to.have.length(64);
    } finally {
      for (const other of others) other.close();
    }
  });

  const logged = async (id: string): Promise<Record<string, unknown>> => {
    await until('it is logged', () => lines().some(({ requestId }) => requestId === id));
    return lines().find(({ requestId }) => requestId === id) as Record<string, unknown>;
  };

  it('answers raw inputs with raw outputs, the id, and who has answered', async () => {
    const wireAnswer = await client.call(rpcs.modelInfer, wire({}, { id: 'mine' }));
    expect(
      wireAnswer.outputs.map(({ contents, ...rest }) => [contents, rest.name, rest.datatype, rest.shape]),
    ).to.deep.equal([[undefined, 'logits', 'FP32', [1, 3]]]);
    const raw = wireAnswer.raw_output_contents[0] as Buffer;
    expect(raw.equals(Buffer.from(Float32Array.from(logits([...row.data])).buffer))).to.equal(true);
    expect([wireAnswer.id, wireAnswer.model_name, wireAnswer.model_version]).to.deep.equal(['mine', 'tiny', 'v1.0']);
    let first: grpc.Metadata | undefined;
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const metadata = {
      'x-request-id': 'abc-1',
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
      'endpoint-load-metrics-format': 'JSON',
    };
    await client.infer('tiny', request, { metadata, onMetadata: (received) => (first = received) });
    const values = ['x-request-id', 'x-model-name', 'x-model-version'].map((name) => first?.get(name)[0]);
    expect(values).to.deep.equal(['abc-1', 'tiny', 'v1.0']);
    expect(first?.get('traceparent')[0]).to.include(trace);
    expect(first?.get('x-model-digest')[0]).to.match(/^sha256:/);
    expect(first?.get('endpoint-load-metrics')[0]).to.match(/^JSON /);
    const line = await logged('abc-1');
    expect(line).to.include({ method: 'grpc', route: path, status: 200, model: 'tiny', rows: 1 });
  });

  it('answers typed inputs with typed outputs', async () => {
    const typed = wire({ contents: { fp32_contents: new Uint8Array(rawRow) } }, { raw_input_contents: [] });
    const { outputs, raw_output_contents } = await client.call(rpcs.modelInfer, typed);
    expect(raw_output_contents).to.have.length(0);
    const { outputs: raw } = await client.infer('tiny', request);
    const run = outputs[0]?.contents?.fp32_contents as { bytes(size: number): Uint8Array };
    const expected = (raw[0]?.content as Tensor).data as Float32Array;
    expect(
      Buffer.from(run.bytes(4)).equals(Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength)),
    ).to.equal(true);
  });

  const four = { fp32_contents: new Uint8Array(rawRow) };
  const faults: Record<string, [WireInferRequest | Buffer, RegExp]> = {
    'both forms': [wire({ contents: four }), /no contents.*raw_input_contents/],
    'no elements at all': [wire({}, { raw_input_contents: [] }), /4 elements.*received 0/],
    'too few bytes': [wire({}, { raw_input_contents: [rawRow.subarray(1)] }), /16 bytes.*15/],
    'more raw contents than inputs': [wire({}, { raw_input_contents: [rawRow, rawRow] }), /as many.*received 2/],
    'a negative size': [wire({ shape: [-1, 4] }), /non-negative integer for shape\[0\]/],
    'a size beyond 2^53': [wire({ shape: [2n ** 62n] }), /shape but received 4611686018427387904$/],
    'an overflowing shape': [wire({ shape: [2 ** 40, 2 ** 40] }), /2\^53/],
    'an unknown datatype': [wire({ datatype: 'FP33' }), /datatype of input "input"/],
    'another datatype than the model takes': [wire({ datatype: 'INT32' }), /float32/],
    'another shape than the model takes': [wire({ shape: [4, 1] }), /\[4, 1\]/],
    'an unknown input': [wire({ name: 'x' }), /"x"/],
    'the same input twice': [
      wire({}, { inputs: [...wire({}).inputs, ...wire({}).inputs], raw_input_contents: [rawRow, rawRow] }),
      /once/,
    ],
    'an unknown output': [wire({}, { outputs: [{ name: 'nope', parameters: {} }] }), /"nope"/],
    'typed contents of another datatype': [
      wire({ contents: { int_contents: [1, 2, 3, 4] } }, { raw_input_contents: [] }),
      /fp32_contents.*int_contents/,
    ],
    'FP16 as typed contents': [
      wire({ datatype: 'FP16', contents: four }, { raw_input_contents: [] }),
      /raw_input_contents.*FP16/,
    ],
    'an integer that its datatype cannot hold': [
      wire({ datatype: 'INT8', contents: { int_contents: [1, 2, 128, 4] } }, { raw_input_contents: [] }),
      /-128 to 127/,
    ],
    'a parameter without a value': [wire({}, { parameters: { priority: {} } }), /"priority"/],
    'a priority that is none': [wire({}, { parameters: { priority: { string_param: 'high' } } }), /priority/],
    'shared memory': [wire({ parameters: { shared_memory_region: { string_param: 'r' } } }), /shared memory/],
    'what is no protobuf': [Buffer.from('{"inputs":[]}'), /protobuf/],
    'a message that is cut off': [bytesOf(wire({})).subarray(0, -3), /protobuf/],
    'more inputs than anybody has': [
      wire({}, { inputs: Array<WireTensor>(300).fill(wire({}).inputs[0] as WireTensor) }),
      /at most 256 inputs/,
    ],
  };
  for (const [what, [message, text]] of Object.entries(faults)) {
    it(`refuses ${what}, and answers the next request`, async () => {
      const error = await refused(message);
      expect([error.code, error.details]).to.deep.equal([status.INVALID_ARGUMENT, error.details]);
      expect(error.details).to.match(text);
      expect((await client.infer('tiny', request)).outputs).to.have.length(1);
    });
  }

  it('survives random bytes', async () => {
    const below = seeded(7);
    for (let round = 0; round < 100; round++) {
      const bytes = Buffer.from(bytesOf(wire({})));
      for (let i = 0; i < 4; i++) bytes[below(bytes.length)] = below(256);
      await client.bytes(path, bytes).catch((error: unknown) => {
        expect((error as grpc.ServiceError).code).to.be.oneOf([status.INVALID_ARGUMENT, status.NOT_FOUND]);
      });
    }
    expect((await client.infer('tiny', request)).outputs).to.have.length(1);
  });

  it('says NOT_FOUND for a model and a version that are not there', async () => {
    for (const more of [{ model_name: 'nope' }, { model_version: '99' }]) {
      const error = await refused(wire({}, more));
      expect(error.code).to.equal(status.NOT_FOUND);
      expect(error.metadata.get('x-error-code')[0]).to.match(/^ERR_(MODEL|VERSION)_NOT_FOUND$/);
    }
  });

  it('refuses a message beyond the limit of bodies', async () => {
    const error = await refused(
      wire({ shape: [30_000] }, { raw_input_contents: [Buffer.alloc(120_000)], id: 'large' }),
    );
    expect(error.code).to.equal(status.RESOURCE_EXHAUSTED);
    expect(lines().at(-1)).to.include({ route: path, status: 413 });
  });

  it('ends at the deadline of the client, and frees its place', async () => {
    let aborted = false;
    host.behaviour = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason as Error);
        });
      });
    const metadata = { 'x-request-id': 'deadline' };
    const error = await client.infer('tiny', request, { deadlineMs: 100, metadata }).then(
      () => expect.fail(),
      (thrown: unknown) => thrown as grpc.ServiceError,
    );
    expect(error.code).to.equal(status.DEADLINE_EXCEEDED);
    await until('the run is aborted', () => aborted);
    expect(await logged('deadline')).to.include({ status: 504 });
  });

  it('takes a deadline that is months away', async () => {
    const deadlineMs = 40 * 86_400_000;
    expect((await client.infer('tiny', request, { deadlineMs })).modelName).to.equal('tiny');
  });

  it('logs and counts a call of what it does not have', async () => {
    for (const unknown of ['/inference.GRPCInferenceService/Nothing', '/other.Service/Call']) {
      const before = lines().length;
      const error = await client.bytes(unknown, Buffer.alloc(0)).catch((caught: unknown) => caught);
      expect(error).to.have.property('code', status.UNIMPLEMENTED);
      await until('it is logged', () => lines().length > before);
      expect(lines().at(-1)).to.include({
        route: 'unmatched',
        method: 'grpc',
        code: 'ERR_ROUTE_NOT_FOUND',
        status: 404,
      });
    }
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).to.match(/_count\{[^}]*route="unmatched"[^}]*\} 2/);
  });

  it('gives a run up when the client cancels', async () => {
    const { behaviour, open } = gate();
    let reason: unknown;
    host.behaviour = (options) => {
      options.signal?.addEventListener('abort', () => {
        reason = options.signal?.reason;
      });
      return behaviour(options);
    };
    const runs = host.runs;
    const cancel = new AbortController();
    const metadata = { 'x-request-id': 'cancelled' };
    const answer = client.infer('tiny', request, { signal: cancel.signal, metadata }).catch((error: unknown) => error);
    await until('it runs', () => host.runs > runs);
    cancel.abort();
    expect(((await answer) as grpc.ServiceError).code).to.equal(status.CANCELLED);
    await until('the run is aborted', () => reason !== undefined);
    open();
    expect(await logged('cancelled')).to.include({ status: 499, aborted: true });
  });

  it('is counted as the requests of HTTP are', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).to.match(new RegExp(`route="${path}",method="grpc",status="200"`));
  });
});
