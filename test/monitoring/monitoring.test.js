import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { createLogger } from '#dist/monitoring/logging.js';
import { scrub } from '#dist/monitoring/scrub.js';
import { Tensor } from '#dist/tensor/tensor.js';
describe('logger', () => {
    const logged = (...args) => {
        let text = '';
        createLogger({ stream: { write: (line) => void (text += line) } }).info(...args);
        return { text, line: JSON.parse(text) };
    };
    const values = Float32Array.from([0.123456, 0.654321]);
    const marked = /0\.1234|0\.6543/;
    it('writes one JSON object with level, time and message', () => {
        const { line, text } = logged({ a: 1 }, 'hello\nworld');
        expect(text.trimEnd()).not.to.include('\n');
        expect(line).to.include({ level: 'info', a: 1, msg: 'hello\nworld' });
        expect(Date.parse(line['time'])).to.be.closeTo(Date.now(), 5000);
    });
    for (const [name, record] of Object.entries({
        'request data by its name': { input_data: [0.123456], nested: { inputs: { x: 0.123456 }, data: 0.123456 } },
        'a typed array': { anything: values },
        'a tensor': { x: new Tensor('float32', values, [2]), list: [new Tensor('float32', values, [2])] },
        'an array of numbers': { anything: [0.123456], deep: { er: [[0.123456]] } },
        'a buffer': { anything: Buffer.from('0.123456') },
        'what an error carries': {
            err: Object.assign(torchError('ERR_OUT_OF_RANGE', 'no', { errors: [{ pointer: '/0', detail: '0.123456' }] }), {
                input: values,
            }),
        },
        'a map and a set': { map: new Map([['a', 0.123456]]), set: new Set([0.123456]) },
    })) {
        it(`does not write ${name}`, () => {
            expect(logged(record).text).not.to.match(marked);
        });
    }
    it('keeps shapes, counts and times', () => {
        const { line } = logged({ shape: [1, 784], rows: 1, durationMs: 0.5, models: ['a', 'b'] });
        expect(line).to.deep.include({ shape: [1, 784], rows: 1, durationMs: 0.5, models: ['a', 'b'] });
    });
    it('replaces credentials at any depth, in any case', () => {
        const { text } = logged({
            req: { headers: { Authorization: 'Bearer hush', cookie: 'hush', 'Set-Cookie': ['hush'] } },
        });
        expect(text).to.include('[redacted]').and.not.include('hush');
    });
    it('writes type, code, message and frames of an error and its cause', () => {
        const { line } = logged({ err: torchError('ERR_TIMEOUT', 'late', { cause: new TypeError('why') }) });
        expect(line['err']).to.deep.include({ code: 'ERR_TIMEOUT', message: 'late' });
        expect(line['err'].cause).to.include({ type: 'TypeError', message: 'why' });
        expect(line['err'].stack).to.match(/^\s+at /);
    });
    it('writes a bare error under err', () => {
        expect(logged(new Error('bare')).line['err']).to.include({ message: 'bare' });
    });
    it('ends on records that have no end', () => {
        const record = { big: 1n };
        record['self'] = record;
        expect(JSON.stringify(scrub(record))).to.include('[object]');
    });
    it('scrubs the bindings of a child', () => {
        let text = '';
        const logger = createLogger({ stream: { write: (line) => void (text += line) } });
        logger.child({ token: 'hush', input_data: [0.123456] }).info('x');
        expect(text).not.to.include('hush').and.not.match(marked);
    });
    it('writes every line before the process exits, once flushed', async () => {
        const script = `
      const { createLogger, flushLogger } = await import('#dist/monitoring/logging.js');
      const logger = createLogger();
      for (let count = 0; count < 2000; count++) logger.info({ count }, 'tick');
      await flushLogger(logger);
      process.exit(0);`;
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.on('data', (chunk) => (text += chunk.toString()));
        await new Promise((resolve) => child.once('close', resolve));
        expect(text.trimEnd().split('\n')).to.have.length(2000);
    });
    it('outlives the reader of standard output', async () => {
        const script = `
      const { createLogger } = await import('#dist/monitoring/logging.js');
      const logger = createLogger();
      let count = 0;
      const timer = setInterval(() => { logger.info({ count }, 'tick'); if (++count === 50) { clearInterval(timer); process.exitCode = 7; } }, 5);`;
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
        child.stdout.once('data', () => child.stdout.destroy());
        let stderr = '';
        child.stderr.on('data', (chunk) => (stderr += chunk.toString()));
        const code = await new Promise((resolve) => child.once('exit', resolve));
        expect(stderr).to.equal('');
        expect(code).to.equal(7);
    });
});
