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
});
