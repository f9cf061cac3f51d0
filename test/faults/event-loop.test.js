/** No request holds the event loop for longer than its useful size is worth (H1, H18). Steps are counted, not times. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import http from 'node:http';
import { Readable } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { torchError, TorchError } from '#dist/errors.js';
import { checkBodyForm } from '#dist/server/codec/body-form.js';
import { readPrediction } from '#dist/server/codec/prediction.js';
import { readBody } from '#dist/server/http/body.js';
import { predictForm } from '#dist/server/codec/validation.js';
import { createServer } from '#dist/server/index.js';
import { root } from '../support/paths.js';
import { exchangeRaw, expectProblem, predict, rawConnection, until } from '../support/server/http.js';
const limit = 4 * 2 ** 20;
const small = 64 * 1024;
const open = '{"input_data":[';
/** The bodies of scripts/check/event-loop.mjs, which measures the times. */
const { texts } = (await import(pathToFileURL(join(root, 'scripts/check/event-loop-bodies.mjs')).href));
/** Bytes that know how far they were read. */
function watched(text) {
    const bytes = Buffer.from(text);
    let furthest = -1;
    const watching = new Proxy(bytes, {
        get(target, key) {
            if (typeof key === 'string' && /^\d+$/.test(key))
                furthest = Math.max(furthest, Number(key));
            const value = Reflect.get(target, key);
            return typeof value === 'function' ? value.bind(target) : value;
        },
    });
    return { bytes: watching, read: () => furthest + 1 };
}
function outcomeOf(bytes, maxNumbers = 100_352) {
    try {
        checkBodyForm(bytes, predictForm, maxNumbers);
    }
    catch (error) {
        if (error instanceof TorchError)
            return error;
        throw error;
    }
    return torchError('ERR_INTERNAL', 'passed');
}
/** Runs with JSON.parse replaced by one that records the longest text it was given. */
async function longestParsed(work) {
    const { parse } = JSON;
    let longest = 0;
    JSON.parse = ((text, ...rest) => {
        longest = Math.max(longest, text.length);
        return parse(text, ...rest);
    });
    try {
        await work();
    }
    finally {
        JSON.parse = parse;
    }
    return longest;
}
describe('faults: the event loop', function () {
    this.timeout(60_000);
    describe('the look at a large body', () => {
        const mebibyte = (before, piece) => before + piece.repeat(2 ** 20 / piece.length);
        for (const [name, text, code, pointer, most] of [
            ['arrays', mebibyte(open, '[],'), 'ERR_VALIDATION', '/input_data/0', 18],
            ['objects', mebibyte(open, '{},'), 'ERR_VALIDATION', '/input_data/0', 18],
            ['strings', mebibyte(open, '"",'), 'ERR_VALIDATION', '/input_data/0', 16],
            ['literals', mebibyte(open, 'null,'), 'ERR_VALIDATION', '/input_data/0', 20],
            ['arrays behind numbers', mebibyte(`${open}1,2,3,`, '[],'), 'ERR_VALIDATION', '/input_data/3', 24],
            ['nested objects', mebibyte('', '{"a":'), 'ERR_VALIDATION', '/a', 5],
            ['an unknown member', mebibyte('{"input_data":[1],"x":[', '1,'), 'ERR_VALIDATION', '/x', 22],
            ['minus signs', mebibyte(open, '-'), 'ERR_MALFORMED_JSON', undefined, 17],
            ['a literal that is none', mebibyte(open, 'nul,'), 'ERR_MALFORMED_JSON', undefined, 16],
            ['NaN', mebibyte(open, 'NaN,'), 'ERR_MALFORMED_JSON', undefined, 16],
            ['numbers with leading zeros', mebibyte(open, '00,'), 'ERR_MALFORMED_JSON', undefined, 17],
            ['a version of a mebibyte', mebibyte('{"model_version":"', 'a'), 'ERR_VALIDATION', '/model_version', 2000],
            ['a version of escapes', mebibyte('{"model_version":"', '\\u0061'), 'ERR_VALIDATION', '/model_version', 2000],
            ['a name of a mebibyte', mebibyte('{"', 'a'), 'ERR_VALIDATION', `/${'a'.repeat(61)}...`, 1000],
            ['a name of escapes', mebibyte('{"', '\\u0061'), 'ERR_VALIDATION', '/...', 1000],
            [
                'a batch_size that is no number',
                mebibyte('{"batch_size":[', '1,'),
                'ERR_VALIDATION',
                '/batch_size',
                small + 20,
            ],
            ['members that come again', mebibyte('{"batch_size":1', ',"batch_size":1'), 'ERR_VALIDATION', '', 300],
            ['an array as the body', mebibyte('[', '1,'), 'ERR_VALIDATION', '', small + 20],
            ['a string as the body', mebibyte('"', 'a'), 'ERR_VALIDATION', '', 2],
            ['text as the body', mebibyte('', 'a'), 'ERR_MALFORMED_JSON', undefined, 2],
            ['a comma in front', mebibyte(`${open},`, '1,'), 'ERR_MALFORMED_JSON', undefined, 17],
            ['two commas', mebibyte(`${open}1,,`, '1,'), 'ERR_MALFORMED_JSON', undefined, 19],
            ['no colon', mebibyte('{"input_data"[', '1,'), 'ERR_MALFORMED_JSON', undefined, 15],
        ]) {
            it(`ends at its first faulty token: ${name}`, () => {
                const { bytes, read } = watched(text);
                const error = outcomeOf(bytes);
                expect(error.code, error.message).to.equal(code);
                if (pointer !== undefined)
                    expect(error.errors?.[0]?.pointer).to.equal(pointer);
                expect(error.message.length).to.be.below(300);
                expect(read(), 'bytes looked at').to.be.at.most(most);
            });
        }
        it('ends at the first number that no version takes', () => {
            const { bytes, read } = watched(`${open}${'1,'.repeat(2 ** 19)}1]}`);
            const error = outcomeOf(bytes, 1000);
            expect(error).to.include({
                code: 'ERR_INVALID_SHAPE',
                message: 'Expected at most 1000 numbers but received more',
            });
            expect(read()).to.be.at.most(open.length + 2001);
            expect(outcomeOf(Buffer.from(`${open}${'1,'.repeat(999)}1]}`), 1000).message).to.equal('passed');
        });
        it('says where a fault is, in characters', () => {
            const before = `{"model_version":"é","input_data":[${'1,'.repeat(40_000)}`;
            const error = outcomeOf(Buffer.from(`${before}.5]}`));
            expect(error.message).to.equal(`Expected valid JSON: an unexpected character at position ${before.length}`);
            expect(outcomeOf(Buffer.from(before)).message).to.equal(`Expected valid JSON: the text ends too early at position ${before.length}`);
        });
        it('passes whatever a request may be', () => {
            for (const text of [
                '{"input_data":[0,-0.5,1e9,2.5E-3,1E+2],"model_version":"v1.0","batch_size":1}',
                ' \t\r\n{ "input_data" : [ 1 , 2 ] , "batch_size" : 2 } ',
                '{"input_dat\\u0061":[1],"model_version":"\\ud83d\\ude00\\n\\"é"}',
                `{"input_data":[1],"model_version":${JSON.stringify('\u{1f600}'.repeat(128))}}`,
                '{"input_data":[],"input_data":[1]}',
                '{}',
                `${open}${'9'.repeat(100_000)}]}`,
            ]) {
                expect(outcomeOf(Buffer.from(text)).message, text.slice(0, 80)).to.equal('passed');
            }
        });
        it('finds deep nesting where a number should be, and looks for it no further than it is cheap', () => {
            expect(outcomeOf(Buffer.from(open + '['.repeat(2 ** 20))).message).to.include('100 levels');
            const { bytes, read } = watched(`${open}[${'1,'.repeat(2 ** 20)}`);
            expect(outcomeOf(bytes).code).to.equal('ERR_VALIDATION');
            expect(read()).to.be.at.most(2 * small);
        });
    });
    describe('over HTTP, with the digit model', () => {
        let host;
        let server;
        before(async () => {
            host = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'] }] });
            server = await createServer({ host, port: 0, logger: false });
        });
        after(async () => {
            await server?.close();
            await host?.close();
        });
        const statuses = {
            '-': [400, 'ERR_MALFORMED_JSON'],
            '[[[[…': [400, 'ERR_MALFORMED_JSON'],
            '[[[[… as the body': [400, 'ERR_MALFORMED_JSON'],
            'spaces only': [400, 'ERR_MALFORMED_JSON'],
            '1,1,1,… broken at the end': [422, 'ERR_INVALID_SHAPE'],
            '1,1,1,… too many numbers': [422, 'ERR_INVALID_SHAPE'],
            '0, broken': [422, 'ERR_INVALID_SHAPE'],
            '1e1, broken': [422, 'ERR_INVALID_SHAPE'],
            'spaces in front': [422, 'ERR_INVALID_SHAPE'],
            'spaces between numbers': [422, 'ERR_INVALID_SHAPE'],
            'input_data twice': [422, 'ERR_INVALID_SHAPE'],
            'one number of megabytes': [422, 'ERR_INVALID_SHAPE'],
            'one fraction of megabytes': [422, 'ERR_INVALID_SHAPE'],
            'one exponent of megabytes': [422, 'ERR_INVALID_SHAPE'],
            'numbers of 1,000 digits': [422, 'ERR_INVALID_SHAPE'],
            'numbers of 1,000 digits, escaped name': [422, 'ERR_INVALID_SHAPE'],
            '784 numbers of 5,000 digits': [200, undefined],
            '128 rows, each number out of range': [422, 'ERR_OUT_OF_RANGE'],
            '128 rows, each number beyond float32': [422, 'ERR_OUT_OF_RANGE'],
            '128 rows that round into the range': [200, undefined],
            'a BOM before valid rows': [200, undefined],
            'valid rows': [200, undefined],
            'valid rows, escaped name': [200, undefined],
        };
        /** Bodies that are requests, but for what only their values tell. */
        const parsed = /valid rows|spaces in front|megabytes$|1,000 digits, escaped|beyond float32|input_data twice/;
        for (const [name, make] of Object.entries(texts)) {
            const [status, code] = statuses[name] ?? [422, 'ERR_VALIDATION'];
            it(`answers ${name} with ${status}${parsed.test(name) ? '' : ' and does not parse it'}`, async () => {
                const body = make();
                let answer;
                const longest = await longestParsed(async () => (answer = await predict(server.url, body)));
                if (!answer)
                    throw new Error('no answer');
                if (code === undefined)
                    expect(answer.status, JSON.stringify(answer.body)).to.equal(status);
                else
                    expectProblem(answer, { status, code });
                if (!parsed.test(name))
                    expect(longest, 'characters parsed').to.be.below(small);
            });
        }
        it('stops inflating at the limit, and does not look at what came', async () => {
            const gzip = { 'content-encoding': 'gzip' };
            const bomb = gzipSync(open + '1,'.repeat(limit / 2));
            expectProblem(await predict(server.url, bomb, gzip), { status: 413, code: 'ERR_PAYLOAD_TOO_LARGE' });
            const broken = gzipSync((open + '1,'.repeat(limit / 2)).slice(0, limit));
            const longest = await longestParsed(async () => {
                expectProblem(await predict(server.url, broken, gzip), { status: 422, code: 'ERR_INVALID_SHAPE' });
            });
            expect(longest).to.be.below(small);
        });
        it('takes turns with others while members of gzip without content are read', async () => {
            const member = gzipSync('');
            const body = Buffer.concat(new Array(Math.floor(limit / member.length)).fill(member));
            let turns = 0;
            let counting = true;
            const count = () => {
                turns++;
                if (counting)
                    setImmediate(count);
            };
            setImmediate(count);
            const answer = await predict(server.url, body, { 'content-encoding': 'gzip' });
            counting = false;
            expectProblem(answer, { status: 400, code: 'ERR_MALFORMED_JSON' });
            expect(turns).to.be.above(10);
        });
        it('refuses a body in a great many pieces long before its end', async () => {
            const { socket, received } = await rawConnection(server.port);
            socket.write('POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
            socket.write('1\r\n \r\n'.repeat(20_000));
            await until('it is refused', () => received() !== '');
            expect(received())
                .to.match(/^HTTP\/1\.1 413 /)
                .and.include('larger chunks');
            socket.destroy();
        });
        it('takes turns with others while a thousand requests that came at once are answered', async () => {
            let [inTurn, most, watching] = [0, 0, true];
            // Asked once for each request.
            const counting = new Proxy(host, {
                get(target, name) {
                    if (name === 'deviceFailures')
                        most = Math.max(most, ++inTurn);
                    const value = Reflect.get(target, name);
                    return typeof value === 'function' ? value.bind(target) : value;
                },
            });
            const counted = await createServer({ host: counting, port: 0, logger: false, maxRequestsPerSocket: 2000 });
            const turn = () => {
                inTurn = 0;
                if (watching)
                    setImmediate(turn);
            };
            setImmediate(turn);
            const { socket, received } = await rawConnection(counted.port);
            const ids = () => [...received().matchAll(/x-request-id: n(\d+)/g)].map(([, id]) => Number(id));
            const requests = Array.from({ length: 1000 }, (_, id) => `GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: n${id}\r\n\r\n`);
            socket.write(requests.join(''));
            await until('all are answered', () => ids().length === 1000);
            watching = false;
            socket.destroy();
            await counted.close();
            expect(ids()).to.deep.equal([...Array(1000).keys()]);
            expect(most, 'requests in one turn').to.be.within(1, 64);
        });
        for (const [what, path, takes] of [
            ['scrapes', '/metrics', 'metrics'],
            ['paths that there are not', '/x', undefined],
            ['predictions with large bodies', '/predict', 'body'],
        ]) {
            it(`begins requests in later turns once those of a turn have taken long, over all connections: ${what}`, async () => {
                let turns = 0;
                let watching = true;
                const turn = () => {
                    turns++;
                    if (watching)
                        setImmediate(turn);
                };
                // Each takes longer than a turn may, and so each is in a turn of its own.
                const spin = (ms) => {
                    for (const end = performance.now() + ms; performance.now() < end;)
                        ;
                };
                const begun = [];
                const slow = new Proxy(host, {
                    get(target, name) {
                        if (takes === 'body' && name === 'parseNumbers') {
                            return () => {
                                begun.push(turns);
                                spin(60);
                                return 0;
                            };
                        }
                        const value = Reflect.get(target, name);
                        return typeof value === 'function' ? value.bind(target) : value;
                    },
                });
                const served = await createServer({ host: slow, port: 0, logger: false });
                if (takes !== 'body') {
                    served.http.prependListener('request', (_req, res) => {
                        const writeHead = res.writeHead.bind(res);
                        res.writeHead = (...given) => {
                            begun.push(turns);
                            spin(60);
                            return writeHead(...given);
                        };
                    });
                }
                const large = `{"input_data":[0${',0'.repeat(50_000)}]}`;
                const text = takes === 'body'
                    ? `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${large.length}\r\n\r\n${large}`
                    : `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(4);
                const connections = await Promise.all([1, 2, 3, 4].map(() => rawConnection(served.port)));
                setImmediate(turn);
                for (const { socket } of connections)
                    socket.write(text);
                const expected = takes === 'body' ? 4 : 16;
                await until('all are answered', () => begun.length === expected);
                watching = false;
                for (const { socket } of connections)
                    socket.destroy();
                await served.close();
                expect(new Set(begun).size).to.be.at.least(takes === 'body' ? 4 : 8);
            });
        }
        it('copies a large body of a known length few times', async () => {
            const size = 32 * 2 ** 20;
            const piece = Buffer.alloc(64 * 1024, 7);
            const req = Object.assign(Readable.from(Array(size / piece.length).fill(piece)), {
                headers: { 'content-length': String(size) },
            });
            // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back as it was
            const { allocUnsafeSlow } = Buffer;
            let allocated = 0;
            Buffer.allocUnsafeSlow = (bytes) => {
                allocated += bytes;
                return allocUnsafeSlow(bytes);
            };
            try {
                const { bytes, length } = await readBody(req, { limit: 2 * size });
                expect(length).to.equal(size);
                expect(bytes.equals(Buffer.alloc(size, 7))).to.equal(true);
            }
            finally {
                Buffer.allocUnsafeSlow = allocUnsafeSlow;
            }
            expect(allocated).to.be.below(1.2 * size);
        });
        it('parses large bodies that are ready together in turns', async () => {
            let turns = 0;
            const turn = () => {
                if (++turns < 1000)
                    setImmediate(turn);
            };
            setImmediate(turn);
            const parsedIn = [];
            const parser = {
                parseNumbers: () => {
                    parsedIn.push(turns);
                    for (const end = performance.now() + 60; performance.now() < end;)
                        ;
                    return 0;
                },
            };
            const large = Buffer.from(`{"input_data":[0${',0'.repeat(50_000)}]}`);
            const request = () => Object.assign(Readable.from([large]), {
                headers: { 'content-type': 'application/json' },
                url: '/predict',
            });
            const limits = { json: limit, octets: limit };
            await Promise.all([1, 2, 3, 4].map(() => readPrediction(request(), limits, { parser })));
            turns = 1000;
            expect(new Set(parsedIn).size).to.equal(4);
        });
        it('takes a body whose pieces are as small as TCP makes them', async () => {
            const body = JSON.stringify({ input_data: Array(784).fill(0.5) });
            const chunked = body.replace(/./g, '1\r\n$&\r\n');
            const answer = await exchangeRaw(server.port, `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}0\r\n\r\n`);
            expect(answer).to.match(/^HTTP\/1\.1 200 /);
        });
    });
    it('counts raw numbers beyond what a version can use, whole or inflated', async () => {
        const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'] }] });
        const server = await createServer({ host, port: 0, logger: false });
        const type = { 'content-type': 'application/octet-stream' };
        const size = 40 * 2 ** 20 + 1;
        try {
            const zeros = Buffer.alloc(size);
            for (const [body, headers] of [
                [zeros, type],
                [gzipSync(zeros), { ...type, 'content-encoding': 'gzip' }],
            ]) {
                const answer = await predict(server.url, body, headers);
                expectProblem(answer, { status: 422, code: 'ERR_INVALID_SHAPE' });
                expect(answer.body['detail']).to.include(`received ${size} bytes`);
            }
            // Exactly what the largest request needs is kept.
            expect((await predict(server.url, Buffer.alloc(128 * 3136), type)).status).to.equal(200);
            expect((await predict(server.url, gzipSync(Buffer.alloc(128 * 3136)), { ...type, 'content-encoding': 'gzip' })).status).to.equal(200);
        }
        finally {
            await server.close();
            await host.close();
        }
    });
    it('keeps of a body what is of use', async () => {
        const kept = [];
        const server = http.createServer((req, res) => {
            void readBody(req, { limit, useful: 1000 }).then(({ bytes, length }) => {
                kept.push({ length, isBounded: bytes.length <= 1000 + small && bytes.length >= 1000 });
                res.end('{}');
            });
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        const url = `http://127.0.0.1:${server.address().port}`;
        try {
            await predict(url, Buffer.alloc(limit));
            for (const [encoding, compress] of [
                ['gzip', gzipSync],
                ['deflate', deflateSync],
            ]) {
                await predict(url, compress(Buffer.alloc(limit)), { 'content-encoding': encoding });
            }
        }
        finally {
            server.close();
        }
        expect(kept).to.deep.equal(new Array(3).fill({ length: limit, isBounded: true }));
    });
    it('has limits of JSON and of raw numbers apart; the older setting still means both', async () => {
        const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'] }] });
        const sizes = async (options) => {
            const server = await createServer({ host, port: 0, logger: false, ...options });
            const ask = async (type, size) => (await predict(server.url, Buffer.alloc(size, ' '), { 'content-type': type })).status;
            const found = [];
            for (const type of ['application/json', 'application/octet-stream']) {
                found.push([await ask(type, 2048), await ask(type, 2049), await ask(type, 4096), await ask(type, 4097)].lastIndexOf(413));
            }
            await server.close();
            return found;
        };
        try {
            // The index of the last size that is refused: none, or 3.
            expect(await sizes({})).to.deep.equal([-1, -1]);
            expect(await sizes({ jsonLimitBytes: 4096 })).to.deep.equal([3, -1]);
            expect(await sizes({ binaryLimitBytes: 4096 })).to.deep.equal([-1, 3]);
            expect(await sizes({ bodyLimitBytes: 4096 })).to.deep.equal([3, 3]);
            expect(await sizes({ bodyLimitBytes: 2048, binaryLimitBytes: 8192 })).to.deep.equal([3, -1]);
        }
        finally {
            await host.close();
        }
    });
});
