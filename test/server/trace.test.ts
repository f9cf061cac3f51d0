import { expect } from 'chai';
import { traceOf } from '#dist/server/trace.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';
const good = `00-${traceId}-${parent}-01`;

describe('the trace of a caller', () => {
  it('goes on with a step of ours', () => {
    const trace = traceOf(good, 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE');
    expect(trace).to.include({ traceId, parentId: parent, isSampled: true });
    expect(trace?.spanId)
      .to.match(/^[0-9a-f]{16}$/)
      .and.not.equal(parent);
    expect(trace?.traceparent).to.equal(`00-${traceId}-${trace?.spanId}-01`);
    expect(trace?.tracestate).to.equal('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE');
    expect(traceOf(good, undefined)?.spanId).not.to.equal(trace?.spanId);
  });

  it('keeps the flags that are known, and no others', () => {
    expect(traceOf(`00-${traceId}-${parent}-00`, undefined)).to.include({ isSampled: false });
    expect(traceOf(`00-${traceId}-${parent}-03`, undefined)?.traceparent).to.match(/-03$/);
    expect(traceOf(`00-${traceId}-${parent}-ff`, undefined)?.traceparent).to.match(/-03$/);
  });

  it('is read of later versions, which may say more, and passed on as version 00', () => {
    for (const later of [`01-${traceId}-${parent}-01`, `cc-${traceId}-${parent}-01-what-ever`]) {
      expect(traceOf(later, undefined)?.traceparent).to.match(new RegExp(`^00-${traceId}-`));
    }
  });

  const garbage: [string, string][] = [
    ['nothing', ''],
    ['words', 'hello'],
    ['version ff', `ff-${traceId}-${parent}-01`],
    ['more of version 00', `${good}-01`],
    ['a dash at the end', `${good}-`],
    ['a later version that goes on without a dash', `01-${traceId}-${parent}-01x`],
    ['capitals', good.toUpperCase()],
    ['no trace', `00-${'0'.repeat(32)}-${parent}-01`],
    ['no parent', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${traceId.slice(1)}-${parent}-01`],
    ['a long trace', `00-${traceId}0-${parent}-01`],
    ['a short parent', `00-${traceId}-${parent.slice(1)}-01`],
    ['one digit of flags', `00-${traceId}-${parent}-1`],
    ['no flags', `00-${traceId}-${parent}`],
    ['other letters', good.replace('0af', '0ag')],
    ['the header twice', `${good}, ${good}`],
    ['spaces', ` ${good}`],
    ['a line of a later version without end', `01-${traceId}-${parent}-01-${'x'.repeat(500)}`],
    ['a line break', `${good}\n`],
    ['underscores', good.replaceAll('-', '_')],
  ];
  for (const [what, header] of garbage) {
    it(`is ignored for ${what}`, () => expect(traceOf(header, 'a=1')).to.equal(undefined));
  }

  const states: [string, boolean][] = [
    ['a=1', true],
    ['a=1 , b=2,,\tc=3', true],
    ['tenant@system=x', true],
    ['0tenant@system=x', true],
    ['a*b/c_d-e=!#$%', true],
    [`a=${'x'.repeat(256)}`, true],
    [Array.from({ length: 32 }, (_, i) => `k${i}=v`).join(','), true],
    [Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(','), false],
    [`a=${'x'.repeat(257)}`, false],
    ['a=1,a=2', false],
    ['A=1', false],
    ['0a=1', false],
    ['a@0=1', false],
    ['a=', false],
    ['a', false],
    ['=1', false],
    ['a=1=2', false],
    ['a b=1', false],
    ['a=1\u00e9', false],
    ['', false],
    [' , ', false],
    [Array.from({ length: 3 }, (_, i) => `k${i}=${'x'.repeat(167)}`).join(','), true],
    [Array.from({ length: 3 }, (_, i) => `k${i}=${'x'.repeat(168)}`).join(','), false],
    [`a=1,${' '.repeat(60_000)}b=2`, false],
  ];
  for (const [state, isGood] of states) {
    it(`${isGood ? 'passes on' : 'drops'} the state ${JSON.stringify(state.slice(0, 40))}`, () => {
      const trace = traceOf(good, state);
      expect(trace?.traceId).to.equal(traceId);
      expect(trace?.tracestate).to.equal(isGood ? state : undefined);
    });
  }
});
