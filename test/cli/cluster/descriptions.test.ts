import { expect } from 'chai';
import { merged } from '#dist/cli/cluster/descriptions.js';
import type { ManagedModel } from '#dist/server/management/management.js';

const model = (state: ManagedModel['state'], reason = ''): ManagedModel => ({ name: 'x', version: '1', state, reason });

describe('what several workers say of a version', () => {
  const cases: Readonly<Record<string, [ManagedModel[], Pick<ManagedModel, 'state' | 'reason'>]>> = {
    'all serve it': [[model('READY'), model('READY')], { state: 'READY', reason: '' }],
    'one loads it yet': [[model('READY'), model('LOADING')], { state: 'LOADING', reason: '' }],
    'one could not load it, and the other knows nothing of that': [
      [model('UNAVAILABLE', 'not loaded'), model('UNAVAILABLE', 'Not a model (ERR_MODEL_FORMAT)')],
      { state: 'UNAVAILABLE', reason: 'Not a model (ERR_MODEL_FORMAT)' },
    ],
    'all serve it, and one could not load it anew': [
      [model('READY'), model('READY', 'Not a model (ERR_MODEL_FORMAT)')],
      { state: 'READY', reason: 'Not a model (ERR_MODEL_FORMAT)' },
    ],
    'nobody has tried': [
      [model('UNAVAILABLE', 'not loaded'), model('UNAVAILABLE', 'not loaded')],
      { state: 'UNAVAILABLE', reason: 'not loaded' },
    ],
  };
  for (const [title, [said, wanted]] of Object.entries(cases)) {
    for (const order of [said, said.toReversed()]) {
      it(title, () => {
        const [{ state, reason } = {}] = merged(order.map((each) => [each]));
        expect({ state, reason }).to.deep.equal(wanted);
      });
    }
  }

  it('has a digest where all have the same bytes', () => {
    const of = (...digests: (string | undefined)[]) =>
      merged(digests.map((digest) => [{ ...model('READY'), ...(digest !== undefined && { digest }) }]))[0]?.digest;
    expect(of('a', 'a')).to.equal('a');
    expect(of(undefined, 'a'), 'one loads it yet').to.equal('a');
    expect(of('a', 'b')).to.equal(undefined);
  });
});
