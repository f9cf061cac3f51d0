import { expect } from 'chai';
import { servedDeclarations } from '#dist/cli/types/served.js';
import { rejection } from '../../support/rejection.js';

describe('declarations of a model of a server', () => {
  it('are refused for an address whose escapes are none', async () => {
    for (const path of ['%E0', '%', 'a/versions/%zz']) {
      const error = await rejection(servedDeclarations(`http://127.0.0.1:1/v2/models/${path}`, undefined, undefined));
      expect(error).to.include({ code: 'ERR_INVALID_ARGUMENT' });
      expect(error.message).to.match(/^Expected % and two hexadecimal digits .* but received .*v2\/models/);
    }
  });
});
