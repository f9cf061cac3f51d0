// A closed loop over gRPC, with ready-made messages over node:http2: what a client library would cost is not the server's.

import { once } from 'node:events';
import { connect } from 'node:http2';
import { performance } from 'node:perf_hooks';
import { dist } from './paths.mjs';

/** A ModelInfer request as its frame on the wire; the tensor is in raw_input_contents. */
export async function inferFrame(model, name, shape, data) {
  const { inferRequest } = await dist('protocol/grpc/infer-messages.js');
  const written = inferRequest.encode({
    model_name: model,
    inputs: [{ name, datatype: 'FP32', shape }],
    raw_input_contents: [Buffer.from(data.buffer, data.byteOffset, data.byteLength)],
  });
  const message = Buffer.concat(written.pieces());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** So many connections with one call at a time on each, as so many clients have it. A call that fails throws. */
export async function grpcLoad({ port, frame, connections }) {
  const sessions = Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`));
  await Promise.all(sessions.map((session) => once(session, 'connect')));
  const headers = {
    ':method': 'POST',
    ':path': '/inference.GRPCInferenceService/ModelInfer',
    'content-type': 'application/grpc',
    te: 'trailers',
  };
  const call = (session) =>
    new Promise((done, failed) => {
      const stream = session.request(headers);
      let status;
      const read = (fields) => (status ??= fields['grpc-status']);
      stream.on('response', read).on('trailers', read).on('error', failed).resume();
      stream.on('end', () =>
        status === '0' ? done() : failed(new Error(`ModelInfer was answered with status ${status}`)),
      );
      stream.end(frame);
    });
  return {
    async drive(seconds) {
      const times = [];
      const from = performance.now();
      const until = from + seconds * 1000;
      const client = async (session) => {
        for (let start = performance.now(); start < until;) {
          await call(session);
          const end = performance.now();
          times.push(end - start);
          start = end;
        }
      };
      await Promise.all(sessions.map(client));
      return { times, elapsedMs: performance.now() - from };
    },
    close() {
      for (const session of sessions) session.destroy();
    },
  };
}
