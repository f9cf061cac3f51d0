import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import * as check from '#dist/check.js';
import { rejection } from './support/errors.js';
const refused = async (action) => (await rejection(action, 'ERR_INVALID_ARGUMENT')).message;
describe('check', () => {
    const known = ['timeoutMs', 'signal'];
    describe('options', () => {
        it('takes any of the known names, and none', () => {
            for (const value of [{}, { signal: 1 }, { timeoutMs: undefined, signal: null }, Object.create(null)]) {
                expect(() => check.options('run', value, known)).not.to.throw();
            }
            expect(() => check.options('run', runInNewContext('({ signal: 1 })'), known)).not.to.throw();
        });
        it('names an unknown option, and the known ones in order', async () => {
            expect(await refused(() => check.options('run', { signal: 1, timeout: 5 }, known))).to.equal('Expected one of signal, timeoutMs for an option of run but received "timeout"');
            await refused(() => check.options('run', { toString: 1 }, known));
            await refused(() => check.options('run', JSON.parse('{"__proto__": 1}'), known));
        });
        for (const value of [null, undefined, 5, 'cpu', [], () => 1, Symbol('x')]) {
            it(`refuses ${String(value)} (${typeof value})`, async () => {
                expect(await refused(() => check.options('run', value, known))).to.match(/^Expected an object for the options of run /);
            });
        }
        it('refuses a signal in the place of the options', async () => {
            expect(await refused(() => check.options('run', new AbortController().signal, known))).to.equal('Expected an object for the options of run but received an instance of AbortSignal');
        });
    });
    const cases = [
        [
            'integer',
            (value) => check.integer('x', value, -1, 3),
            [-1, 0, 3, -0],
            [-2, 4, 0.5, NaN, Infinity, '1', 1n, null, undefined, [1], 2 ** 53],
            /^Expected an integer from -1 to 3 for x but received /,
        ],
        [
            'number',
            (value) => check.number('x', value, 0, 1),
            [0, 1, 0.5, Number.MIN_VALUE],
            [-Number.MIN_VALUE, 1.1, NaN, Infinity, '0', 0n, null, undefined, true],
            /^Expected a number from 0 to 1 for x but received /,
        ],
        [
            'milliseconds',
            (value) => check.milliseconds('x', value),
            [1, 0.001, 2 ** 31 - 1],
            [0, -1, 2 ** 31, NaN, Infinity, '1', 1n, null, undefined],
            /^Expected a number of milliseconds above 0 and below 2\^31 for x but received /,
        ],
        [
            'oneOf',
            (value) => check.oneOf('x', value, ['a', 'b']),
            ['a', 'b'],
            ['', 'c', 'A', 0, null, undefined, ['a'], 'length'],
            /^Expected one of a, b for x but received /,
        ],
        [
            'text',
            (value) => check.text('x', value, 'a path'),
            ['a', ' ', '\0'],
            ['', 5, null, undefined, ['a'], new String('a')],
            /^Expected a path that is not empty for x but received /,
        ],
        [
            'boolean',
            (value) => check.boolean('x', value),
            [true, false],
            ['true', 1, 0, null, undefined],
            /^Expected a boolean for x but received /,
        ],
        [
            'object',
            (value) => check.object('x', value),
            [{}, new Map(), Object.create(null)],
            [null, undefined, [], 'a', 5, () => 1],
            /^Expected an object for x but received /,
        ],
        [
            'signal',
            (value) => check.signal(value),
            [undefined, new AbortController().signal, AbortSignal.abort()],
            [null, {}, { aborted: false }, { aborted: 'no', addEventListener: () => 1 }, 'abort', new AbortController()],
            /^Expected an AbortSignal for signal but received /,
        ],
    ];
    for (const [name, run, right, wrong, message] of cases) {
        it(`${name} takes what it should and names what it refuses`, async () => {
            for (const value of right)
                expect(() => run(value)).not.to.throw();
            for (const value of wrong)
                expect(await refused(() => run(value))).to.match(message);
        });
    }
    it('knows a signal that another realm made', () => {
        const signal = runInNewContext('new (class Signal { aborted = false; addEventListener() {} removeEventListener() {} throwIfAborted() {} })()');
        expect(() => check.signal(signal)).not.to.throw();
    });
});
