import { expect } from 'chai';
import * as errors from '#dist/errors.js';
import { errorTable, isErrorCode, torchError, TorchError, type ErrorCode } from '#dist/errors.js';
import { checkDocsTable } from './support/docs-table.js';

const codes = Object.keys(errorTable) as ErrorCode[];

describe('errors', () => {
  it("are instances of their family's class and carry status and title", () => {
    for (const code of codes) {
      const error = torchError(code, 'why');
      const { family, status, title } = errorTable[code];
      expect(error).to.be.instanceOf(TorchError).and.include({ code, status, title, message: 'why' });
      expect(error.name).to.equal(`${family.charAt(0).toUpperCase()}${family.slice(1)}Error [${code}]`);
      expect(errors).to.have.property(error.constructor.name, error.constructor);
    }
  });

  it('know their codes', () => {
    expect(codes.every(isErrorCode)).to.equal(true);
    for (const other of ['toString', 'ERR_NOPE', 1, undefined]) expect(isErrorCode(other)).to.equal(false);
  });

  it('have a hint as the last line and a trace apart, and cross threads with both', () => {
    const error = torchError('ERR_MODEL_EXECUTION', 'why', { hint: 'do this', trace: 'layer 1\nlayer 2' });
    expect(error).to.include({ message: 'why\n  hint: do this', hint: 'do this', trace: 'layer 1\nlayer 2' });
    expect(Object.keys(error)).to.not.include.members(['hint']).and.not.include.members(['trace']);
    expect(errors.sentenceOf(error)).to.equal('why');
    const posted = structuredClone(errors.sayError(error));
    const again = errors.errorOf(posted);
    expect(again).to.be.instanceOf(errors.ExecutionError);
    expect(again).to.include({ message: error.message, hint: error.hint, trace: error.trace });
    const plain = torchError('ERR_TIMEOUT', 'late');
    for (const name of ['hint', 'trace']) expect(Object.hasOwn(plain, name)).to.equal(false);
    expect(errors.sayError(plain)).to.deep.equal({ code: 'ERR_TIMEOUT', message: 'late' });
    expect(errors.errorOf(errors.sayError(new TypeError('odd')))).to.include({ code: 'ERR_INTERNAL', message: 'odd' });
    expect(errors.errorOf({ code: 'ERR_OF_TOMORROW' as ErrorCode, message: 'new' }).code).to.equal('ERR_INTERNAL');
  });

  describe('of another copy of the package', () => {
    let other: typeof errors;
    before(async () => {
      const url = import.meta.resolve('#dist/errors.js');
      other = (await import(`${url}?copy`)) as typeof errors;
    });

    it('are instances of the base and of their own family alone, both ways', () => {
      expect(other.TorchError).not.to.equal(TorchError);
      for (const code of codes) {
        const theirs: unknown = other.torchError(code, 'why');
        const ours: unknown = torchError(code, 'why');
        expect(theirs instanceof TorchError && ours instanceof other.TorchError).to.equal(true);
        for (const name of ['InputError', 'LoadError', 'HttpError', 'OverloadError'] as const) {
          expect(theirs instanceof errors[name], `${code} ${name}`).to.equal(ours instanceof errors[name]);
        }
      }
    });

    it('are told from anything else', () => {
      class Own extends errors.InputError {}
      const own: unknown = new Own('ERR_INVALID_INPUT', 'why');
      expect(own instanceof Own && own instanceof errors.InputError && own instanceof other.InputError).to.equal(true);
      expect(other.torchError('ERR_INVALID_INPUT', 'why') instanceof Own).to.equal(false);
      const coded = Object.assign(new Error('why'), { code: 'ERR_INVALID_INPUT' });
      for (const value of [coded, new Error('why'), {}, null, undefined, 'ERR_INVALID_INPUT', 5, () => 1]) {
        expect(value instanceof TorchError).to.equal(false);
        expect(value instanceof errors.InputError).to.equal(false);
      }
    });
  });

  it('are documented as they are', () => {
    checkDocsTable(
      'errors.md',
      ['Code', 'Class', 'HTTP status', 'Title'],
      codes.map((code) => {
        const { status, title } = errorTable[code];
        return [`\`${code}\``, `\`${torchError(code, '').constructor.name}\``, String(status), title];
      }),
    );
  });

  it('of a copy that has other codes is not one of ours', () => {
    const foreign = Object.assign(new Error('new'), {
      code: 'ERR_OF_TOMORROW',
      [Symbol.for('node-libtorch.TorchError')]: 'input',
    });
    expect(foreign instanceof TorchError).to.equal(false);
    const known = Object.assign(foreign, { code: 'ERR_INVALID_INPUT' });
    expect(known instanceof TorchError).to.equal(true);
  });
});
