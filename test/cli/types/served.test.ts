import { expect } from 'chai';
import { servedDeclarations } from '#dist/cli/types/served.js';
import { UsageError } from '#dist/cli/usage.js';
import type { TorchError } from '#dist/errors.js';
import { rejection } from '../../support/rejection.js';

describe('declarations of a model of a server', () => {
  it('are refused for an address whose escapes are none', async () => {
    for (const path of ['%E0', '%', 'a/versions/%zz']) {
      const error = await rejection(servedDeclarations(`http://127.0.0.1:1/v2/models/${path}`, undefined, undefined));
      expect(error).to.be.an.instanceOf(UsageError);
      const cause = error.cause as TorchError;
      expect(cause).to.include({ code: 'ERR_INVALID_ARGUMENT' });
      expect(cause.message).to.match(/^Expected % and two hexadecimal digits .* but received .*v2\/models/);
    }
  });
});
