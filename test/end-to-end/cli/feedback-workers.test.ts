/** Labels that come to another process than the one that answered. */
import { expect } from 'chai';
import { askJson } from '../../support/server/alias-traffic.js';
import { ask, digitBody, serveProcess, type LoggingProcess } from '../../support/server/serve-process.js';

describe('feedback with --workers', function () {
  this.timeout(120_000);
  let server: LoggingProcess | undefined;
  afterEach(async () => {
    server?.child.kill('SIGTERM');
    await server?.ended;
  });

  interface Report {
    readonly counted?: number;
    readonly code?: string;
    readonly refused?: readonly { readonly code: string }[];
    readonly models?: readonly {
      readonly version: string;
      readonly realised?: { readonly rows: number; readonly accuracy?: number };
    }[];
  }
  const post = async (port: number, body: object) => {
    const answer = await ask(port, '/feedback', { body: Buffer.from(JSON.stringify(body)) });
    return { status: answer.status, body: JSON.parse(answer.body) as Report };
  };

  it('finds the worker that answered, counts once, and knows no id of one that has ended', async () => {
    server = serveProcess(['mnist-mlp', '--workers', '2']);
    await server.seen('worker ready', 2);
    const port = await server.port();
    // A connection each: every worker gets its turn, and so does every label.
    const ids: string[] = [];
    for (let count = 0; count < 24; count++) {
      const { status, headers } = await ask(port, '/predict', { body: digitBody });
      expect(status).to.equal(200);
      ids.push(String(headers['x-request-id']));
    }
    const lines = await server.seen('request', 24);
    const answeredBy = new Map(lines.map((line) => [line['requestId'], line['worker']]));
    expect(new Set(answeredBy.values()).size).to.equal(2);
    for (const request_id of ids.slice(0, 8)) {
      const { body } = await post(port, { request_id, label: 7 });
      expect(body, JSON.stringify(body)).to.include({ counted: 1 });
    }
    for (const request_id of ids.slice(0, 8)) {
      const again = await post(port, { request_id, label: 7 });
      expect([again.status, again.body.code]).to.deep.equal([409, 'ERR_FEEDBACK_REPEATED']);
    }
    expect((await post(port, { request_id: 'nobody', label: 7 })).body.code).to.equal('ERR_UNKNOWN_REQUEST');
    // One label given many times at once counts once, whichever worker each comes to.
    const request_id = ids[8];
    const together = await Promise.all(Array.from({ length: 8 }, () => post(port, { request_id, label: 7 })));
    expect(together.filter(({ status }) => status === 200)).to.have.length(1);
    expect(together.filter(({ status }) => status === 409)).to.have.length(7);
    // A list over both workers.
    const list = ids.slice(9, 13).map((id) => ({ request_id: id, label: 7 }));
    const { body } = await post(port, { feedback: [...list, { request_id: 'nobody', label: 7 }] });
    expect([body.counted, body.refused?.map(({ code }) => code)]).to.deep.equal([4, ['ERR_UNKNOWN_REQUEST']]);
    // Both workers say the same of it.
    for (let count = 0; count < 4; count++) {
      const { body: text } = await ask(port, '/v2/models/mnist-mlp/monitoring');
      expect((JSON.parse(text) as Report).models?.[0]?.realised?.rows, text).to.equal(13);
    }

    const [ready] = server.of('worker ready');
    process.kill(Number(ready?.['pid']), 'SIGKILL');
    await server.seen('worker ended');
    await server.seen('worker ready', 3);
    for (const id of ids.slice(13)) {
      const isGone = answeredBy.get(id) === ready?.['worker'];
      const { status } = await post(port, { request_id: id, label: 7 });
      expect(status, id).to.equal(isGone ? 404 : 200);
    }
  });

  it('takes a label of those alone who have asked, whichever worker it comes to', async () => {
    const secrets = { ann: 'ann_0123456789abcdef', bob: 'bob_0123456789abcdef' };
    const tokens = `ann infer ${secrets.ann};bob infer ${secrets.bob}`;
    server = serveProcess(['mnist-mlp', '--workers', '2'], { NODE_LIBTORCH_TOKENS: tokens });
    await server.seen('worker ready', 2);
    const port = await server.port();
    const send = (who: keyof typeof secrets, path: string, body: object | Buffer) =>
      askJson<Report>(port, 'POST', path, { body, headers: { authorization: `Bearer ${secrets[who]}` } });
    const ids: string[] = [];
    for (let count = 0; count < 12; count++) {
      const { status, headers } = await send('ann', '/predict', digitBody);
      expect(status).to.equal(200);
      ids.push(String(headers['x-request-id']));
    }
    const lines = await server.seen('request', 12);
    expect(new Set(lines.map((line) => line['worker'])).size).to.equal(2);
    const give = async (who: keyof typeof secrets, request_id: string) => {
      const { status, body } = await send(who, '/feedback', { request_id, label: 7 });
      return status === 200 ? 200 : body.code;
    };
    for (const id of ids) {
      expect(await give('bob', id)).to.equal('ERR_UNKNOWN_REQUEST');
      expect(await give('ann', id)).to.equal(200);
      expect(await give('ann', id)).to.equal('ERR_FEEDBACK_REPEATED');
    }
  });

  it('counts one label once, for the newest answer, where several workers have answered requests of one id', async () => {
    server = serveProcess(['mnist-mlp', '--workers', '2']);
    await server.seen('worker ready', 2);
    const port = await server.port();
    const blank = Buffer.from(JSON.stringify({ inputs: [Array.from({ length: 784 }, () => 0)] }));
    const predict = async (body: Buffer, id: string) => {
      const headers = { 'x-request-id': id };
      const answer = await askJson<{ results?: { label: string }[] }>(port, 'POST', '/predict', { body, headers });
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    };
    for (let count = 0; count < 4; count++) {
      for (const body of [blank, digitBody]) await predict(body, `digit-last-${count}`);
      for (const body of [digitBody, blank]) await predict(body, `digit-first-${count}`);
    }
    const lines = await server.seen('request', 16);
    const by = (id: string) => new Set(lines.filter((line) => line['requestId'] === id).map((line) => line['worker']));
    expect(by('digit-last-0').size + by('digit-first-0').size, 'workers of the same id').to.equal(4);
    const counted: number[] = [];
    for (const order of ['last', 'first']) {
      for (let count = 0; count < 4; count++) {
        const { status, body } = await post(port, { request_id: `digit-${order}-${count}`, label: 7 });
        expect(status, JSON.stringify(body)).to.equal(200);
        counted.push(body.counted ?? 0);
      }
    }
    expect(counted).to.deep.equal([1, 1, 1, 1, 1, 1, 1, 1]);
    for (let count = 0; count < 4; count++) {
      // To both workers.
      for (let again = 0; again < 2; again++) {
        expect((await post(port, { request_id: `digit-last-${count}`, label: 7 })).status).to.equal(409);
      }
    }
    const { body } = await ask(port, '/v2/models/mnist-mlp/monitoring');
    const realised = (JSON.parse(body) as Report).models?.[0]?.realised;
    expect([realised?.rows, realised?.accuracy], body).to.deep.equal([8, 0.5]);
  });
});
