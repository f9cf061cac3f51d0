import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import express from 'express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ModelHost } from '#dist/index.js';
import { createApp, createServer, type InferenceServer } from '#dist/server/index.js';
import { digitRequest } from '../support/paths.js';
import { badInputs } from '../support/server/bad-input.js';
import { confidence, digits } from '../support/server/digits.js';
import { expectProblem, predict, type Answer } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { badOctets, octets, octetStream } from '../support/server/octets.js';

const tolerance = 1e-5;
const row = (index: number): readonly number[] => digits[index]?.input ?? [];

describe('the digit model over HTTP', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let foreign: Server;
  let mountedUrl: string;
  const log = keptLogger();

  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
    server = await createServer({ host, port: 0, logger: log.logger });
    const app = express()
      .disable('x-powered-by')
      .use('/ml', createApp({ host, logger: log.logger }));
    foreign = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => foreign.once('listening', resolve));
    mountedUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/ml`;
  });
  after(async () => {
    foreign.close();
    await server.close();
    await host.close();
  });

  const expectDigit = async (url: string, index: number) => {
    const { status, body } = await predict(url, JSON.stringify({ input_data: row(index) }));
    expect(status).to.equal(200);
    expect(body['predictions']).to.deep.equal([digits[index]?.label]);
  };

  for (const [index, { label, logits }] of digits.entries()) {
    it(`answers a ${label} with its class and PyTorch's confidence`, async () => {
      const { status, body } = await predict(server.url, JSON.stringify({ input_data: row(index) }));
      expect(status).to.equal(200);
      expect(body['predictions']).to.deep.equal([label]);
      expect((body['confidence_scores'] as number[])[0]).to.be.closeTo(confidence(logits), tolerance);
      expect(body['model_version']).to.equal('v1.0');
      expect(body['inference_time_ms']).to.be.a('number').above(0).and.below(1000);
    });
  }

  it('answers the request of the documentation', async () => {
    const { status } = await predict(server.url, readFileSync(digitRequest));
    expect(status).to.equal(200);
  });

  it('answers ten digits in one batch as it answers each', async () => {
    const input_data = digits.flatMap(({ input }) => input);
    const request = { input_data, batch_size: digits.length, model_version: 'v1.0' };
    const { body } = await predict(server.url, JSON.stringify(request));
    expect(body['predictions']).to.deep.equal(digits.map(({ label }) => label));
    for (const [index, { logits }] of digits.entries()) {
      expect((body['confidence_scores'] as number[])[index]).to.be.closeTo(confidence(logits), tolerance);
    }
  });

  it('answers raw numbers as it answers JSON', async () => {
    const input_data = digits.flatMap(({ input }) => input);
    const json = await predict(server.url, JSON.stringify({ input_data, batch_size: digits.length }));
    const raw = await predict(server.url, octets(input_data), octetStream, '?model_version=v1.0');
    const withoutTime = ({ body }: Answer) => ({ ...body, inference_time_ms: 0 });
    expect(raw.status).to.equal(200);
    expect(withoutTime(raw)).to.deep.equal(withoutTime(json));
    for (const { name, body, headers, query, status, code } of badOctets(784)) {
      const answer = await predict(server.url, body, headers, query);
      expect(answer.body, name).to.include({ status, code });
    }
  });

  it('answers 128 rows, the most there may be', async () => {
    const input_data = Array.from({ length: 128 }, (_, index) => row(index % digits.length)).flat();
    const { status, body } = await predict(server.url, JSON.stringify({ input_data, batch_size: 128 }));
    expect(status).to.equal(200);
    expect(body['predictions']).to.deep.equal(Array.from({ length: 128 }, (_, index) => digits[index % 10]?.label));
  });

  it('gives every one of many clients at once its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => predict(server.url, JSON.stringify({ input_data: row(index % 10) }))),
    );
    for (const [index, { body }] of answers.entries()) {
      expect(body['predictions']).to.deep.equal([digits[index % 10]?.label]);
    }
  });

  for (const [place, url] of [
    ['served', () => server.url],
    ['mounted under /ml of another app', () => mountedUrl],
  ] as const) {
    describe(`bad input, ${place}`, () => {
      for (const { name, body, headers, status, code, pointer } of badInputs(784)) {
        it(`refuses ${name} with ${status} ${code}, then serves`, async () => {
          const answer = await predict(url(), body, headers);
          expectProblem(answer, { status, code });
          if (pointer !== undefined) {
            expect((answer.body['errors'] as { pointer: string }[])[0]?.pointer).to.equal(pointer);
          }
          await expectDigit(url(), 3);
        });
      }
    });
  }

  describe('after all that', () => {
    it('is ready, and measures the native runs', async () => {
      const ready = await fetch(`${server.url}/health/ready`);
      expect(ready.status).to.equal(200);
      expect(await ready.json()).to.deep.equal({ status: 'ready', models: [{ name: 'mnist-mlp', version: 'v1.0' }] });
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      const count = /^node_libtorch_inference_duration_seconds_count\{model="mnist-mlp",version="v1.0"\} (\d+)$/m.exec(
        metrics,
      )?.[1];
      expect(Number(count)).to.be.above(200);
    });

    it('has logged no pixel and no body', async () => {
      const marked = (value: string) => JSON.stringify(row(0)).replace('[0', `[${value}`);
      await predict(server.url, `{"input_data":${marked('0.918273645')}}`);
      await predict(server.url, `{"input_data":${marked('1.918273645')}}`);
      const lines = log.lines().filter(({ route }) => route === '/predict');
      expect(lines.length).to.be.above(300);
      expect(log.text()).not.to.include('input_data');
      expect(log.text()).not.to.include('91827364');
      for (const { status, shape, rows } of lines) {
        if (status === 200) expect(shape).to.deep.equal([rows, 784]);
      }
    });
  });

  for (const value of [1.00000001, -5e-324]) {
    it(`refuses ${value}, which rounding would bring into the range, whether requests are batched or not`, async () => {
      await using batched = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 4 } }] });
      await using other = await createServer({ host: batched, port: 0, logger: false });
      for (const { url } of [server, other]) {
        const body = JSON.stringify({ input_data: row(0).map((pixel, i) => (i === 3 ? value : pixel)) });
        const response = await fetch(`${url}/predict`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        const problem = (await response.json()) as { code: string; errors: { pointer: string }[] };
        expect(problem.code).to.equal('ERR_OUT_OF_RANGE');
        expect(problem.errors.map(({ pointer }) => pointer)).to.deep.equal(['/input_data/3']);
      }
    });
  }
});
