import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { InferenceClient, InferenceClientError, InferenceConnectionError, InferenceProtocolError, InferenceServerError, InferenceTimeoutError, Tensor, } from '#dist/client/index.js';
import { OverloadError, TorchError } from '#dist/errors.js';
import { handMade, json, text } from '../support/hand-made-server.js';
const server = { name: 'hand-made', version: '1', extensions: ['binary_tensor_data'] };
const good = {
    model_name: 'm',
    model_version: '1',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2], data: [1, 2.5] }],
};
const x = Tensor.from([1, 2]);
/** Both ways of HTTP must end alike. */
const ways = [
    { name: 'node:http', options: {} },
    { name: 'fetch', options: { fetch } },
];
async function failure(promise) {
    const error = await promise.then(() => expect.fail('it answered'), (reason) => reason);
    expect(error).to.be.an.instanceOf(InferenceClientError);
    return error;
}
for (const { name, options } of ways) {
    describe(`a client over ${name}, when the server`, () => {
        let made;
        let client;
        before(async () => {
            made = await handMade({ '/v2': server });
        });
        beforeEach(() => {
            client = new InferenceClient(made.url, { retries: 0, timeoutMs: 20_000, ...options });
        });
        afterEach(() => client.close());
        after(() => made.close());
        const infer = (more = {}) => client.model('m').infer({ x }, more);
        /** The same client must work after every fault. */
        const works = async () => {
            made.answer(json(200, good));
            expect((await infer()).tensor('y').toArray()).to.deep.equal([1, 2.5]);
        };
        it('answers well: the control of these tests', works);
        it('refuses: code, status and its own words', async () => {
            made.answer(json(404, { error: 'no model m here' }));
            const error = await failure(infer());
            expect(error).to.be.an.instanceOf(InferenceServerError).and.an.instanceOf(TorchError);
            expect(error).to.include({ code: 'ERR_MODEL_NOT_FOUND', status: 404, serverMessage: 'no model m here' });
            expect(error.message).to.include('POST /v2/models/m/infer').and.include('no model m here');
            await works();
        });
        it('says its code: that code, and the family of it', async () => {
            made.answer(json(429, { error: 'full' }, { 'x-error-code': 'ERR_QUEUE_FULL', 'retry-after': '3' }));
            const error = await failure(infer());
            expect(error).to.include({ code: 'ERR_QUEUE_FULL', status: 429, retryAfterMs: 3000 });
            expect(error).to.be.an.instanceOf(OverloadError);
        });
        for (const [form, body, said] of [
            ['FastAPI', { detail: [{ loc: ['body'], msg: 'bad' }] }, '[{"loc":["body"],"msg":"bad"}]'],
            ['a problem document', { title: 'Bad', detail: 'the detail', code: 'ERR_BAD_REQUEST' }, 'the detail'],
            ['TorchServe', { code: 400, type: 'BadRequest', message: 'the message' }, 'the message'],
            ['a string', 'just words', 'just words'],
            ['an object of its own', { what: 1 }, '{"what":1}'],
        ]) {
            it(`refuses in the form of ${form}`, async () => {
                made.answer(json(400, body));
                expect(await failure(infer())).to.include({ code: 'ERR_BAD_REQUEST', status: 400, serverMessage: said });
            });
        }
        it('is a proxy that answers with a page: its title, and the status', async () => {
            const page = '<html><head><title>502 Bad\n Gateway</title></head><body>nginx</body></html>';
            made.answer(text(502, page, { 'content-type': 'text/html' }));
            const error = await failure(infer());
            expect(error).to.include({ status: 502, code: 'ERR_CONNECTION', serverMessage: '502 Bad Gateway' });
            await works();
        });
        it('answers 200 with a page: not this protocol', async () => {
            made.answer(text(200, '<title>Sign in</title>', { 'content-type': 'text/html' }));
            const error = await failure(infer());
            expect(error).to.be.an.instanceOf(InferenceProtocolError);
            expect(error.code).to.equal('ERR_BAD_ANSWER');
            expect(error.message).to.include('text/html').and.include('Sign in');
            expect(error.cause).to.be.an('error');
            const metadata = await failure(client.model('m').metadata());
            expect(metadata).to.be.an.instanceOf(InferenceProtocolError);
            await works();
        });
        it('sends elsewhere: where, and not followed', async () => {
            made.answer(text(307, '', { location: 'http://127.0.0.1:9/elsewhere' }));
            const error = await failure(infer());
            expect(error).to.be.an.instanceOf(InferenceProtocolError);
            if (name === 'node:http')
                expect(error.message).to.include('http://127.0.0.1:9/elsewhere');
        });
        for (const [what, body, headers] of [
            ['nothing', '', {}],
            ['JSON of another kind', '[1]', {}],
            ['no outputs', '{"model_name":"m"}', {}],
            ['too few elements', JSON.stringify({ outputs: [{ name: 'y', datatype: 'FP32', shape: [3], data: [1] }] }), {}],
            ['an unknown datatype', JSON.stringify({ outputs: [{ name: 'y', datatype: 'FP8', shape: [1], data: [1] }] }), {}],
            ['cut JSON', '{"outputs":[{"na', {}],
            ['a JSON length beyond the body', '{}', { 'inference-header-content-length': '100' }],
            ['a JSON length that is none', '{}', { 'inference-header-content-length': 'x' }],
            [
                'too few bytes of a tensor',
                '{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]}1234',
                { 'inference-header-content-length': '92' },
            ],
            [
                'more bytes than tensors',
                '{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}12345678',
                { 'inference-header-content-length': '92' },
            ],
        ]) {
            it(`answers 200 with ${what}`, async () => {
                made.answer(text(200, body, headers));
                const error = await failure(infer());
                expect(error).to.be.an.instanceOf(InferenceProtocolError);
                expect(error).to.include({ code: 'ERR_BAD_ANSWER', status: 502 });
                await works();
            });
        }
        it('ends in the middle of its answer', async () => {
            made.answer((_seen, response) => {
                response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
                response.write('{"model_name":', () => response.destroy());
            });
            const error = await failure(infer());
            expect(error).to.be.an.instanceOf(InferenceConnectionError);
            expect(error).to.include({ code: 'ERR_CONNECTION', status: 502 });
            await works();
        });
        it('ends in the middle of a chunked answer', async () => {
            made.answer((_seen, response) => {
                response.writeHead(200, { 'content-type': 'application/json' });
                response.write('{"model_name":', () => response.destroy());
            });
            expect(await failure(infer())).to.be.an.instanceOf(InferenceConnectionError);
            await works();
        });
        it('ends the connection before it answers', async () => {
            made.answer((seen) => void seen.socket.destroy());
            const error = await failure(infer());
            expect(error).to.be.an.instanceOf(InferenceConnectionError);
            expect(error.cause).to.be.an('error');
            await works();
        });
        it('is not there', async () => {
            const nobody = new InferenceClient('http://127.0.0.1:1', { retries: 0, ...options });
            const error = await failure(nobody.isLive());
            expect(error).to.be.an.instanceOf(InferenceConnectionError);
            if (name === 'node:http')
                expect(error.message).to.include('ECONNREFUSED');
            nobody.close();
        });
        it('does not answer in time', async () => {
            made.answer(() => undefined);
            const error = await failure(infer({ timeoutMs: 50 }));
            expect(error).to.be.an.instanceOf(InferenceTimeoutError);
            expect(error).to.include({ code: 'ERR_TIMEOUT', status: 504 });
            await works();
        });
        it('does not end its answer in time', async () => {
            made.answer((_seen, response) => {
                response.writeHead(200, { 'content-length': '1000' });
                response.write('{');
            });
            expect(await failure(infer({ timeoutMs: 50 }))).to.be.an.instanceOf(InferenceTimeoutError);
            await works();
        });
        it('answers, and the caller aborts: the signal’s own reason', async () => {
            const aborter = new AbortController();
            const reason = new Error('enough');
            made.answer(() => aborter.abort(reason));
            expect(await infer({ signal: aborter.signal }).catch((error) => error)).to.equal(reason);
            const before = await infer({ signal: AbortSignal.abort('early') }).catch((error) => error);
            expect(before).to.equal('early');
            expect(made.seen).to.have.length(1);
            await works();
        });
        it('answers with more than is wanted', async () => {
            const small = new InferenceClient(made.url, { retries: 0, maxAnswerBytes: 100, ...options });
            const long = JSON.stringify({ ...good, filler: 'x'.repeat(1000) });
            made.answer(text(200, long));
            const error = await failure(small.model('m').infer({ x }, { binary: false }));
            expect(error).to.be.an.instanceOf(InferenceProtocolError);
            expect(error.message).to.include('maxAnswerBytes');
            made.answer((_seen, response) => {
                response.write(long); // chunked
                response.end(long);
            });
            expect((await failure(small.model('m').infer({ x }, { binary: false }))).message).to.include('maxAnswerBytes');
            if (name === 'node:http') {
                made.answer(text(200, gzipSync(long), { 'content-encoding': 'gzip' }));
                const bomb = await failure(small.model('m').infer({ x }, { binary: false }));
                expect(bomb.message).to.include('maxAnswerBytes');
            }
            small.close();
        });
        it('answers in gzip, and in damaged gzip', async () => {
            const squeezed = gzipSync(JSON.stringify(good));
            const send = (body) => (_seen, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
            made.answer(send(squeezed));
            expect((await infer({ compression: 'gzip' })).tensor('y').toArray()).to.deep.equal([1, 2.5]);
            expect(made.seen[0]?.headers).to.include({ 'content-encoding': 'gzip', 'accept-encoding': 'gzip' });
            for (const bad of [squeezed.subarray(0, 30), Buffer.from('no gzip at all')]) {
                made.answer(send(bad));
                const error = await failure(infer());
                expect(['ERR_BAD_ANSWER', 'ERR_CONNECTION']).to.include(error.code);
            }
            await works();
        });
    });
}
describe('a client, when what listens is no server of HTTP', () => {
    it('says so', async () => {
        const other = createServer((socket) => {
            socket.on('error', () => undefined);
            socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n'));
        });
        other.listen(0, '127.0.0.1');
        await once(other, 'listening');
        const { port } = other.address();
        const client = new InferenceClient(`http://127.0.0.1:${port}`, { retries: 0 });
        const error = await failure(client.isLive());
        expect(error).to.be.an.instanceOf(InferenceProtocolError);
        client.close();
        other.close();
        connect(port, '127.0.0.1')
            .on('error', () => undefined)
            .destroy();
    });
});
