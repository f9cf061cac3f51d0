import { expect } from 'chai';
import { withoutFolders } from '#dist/files/without-folders.js';

describe('texts without folders', () => {
  for (const [given, shown] of [
    ['No such file: /srv/models/a.pt', 'No such file: a.pt'],
    ['No such file: C:\\models\\a.pt', 'No such file: a.pt'],
    [
      'Expected a model in test/fixtures/torchscript/empty.pt but it is empty',
      'Expected a model in empty.pt but it is empty',
    ],
    ['in models/a.pt, and in ./a, ../a and ../../b/c', 'in a.pt, and in a, a and c'],
    ['in srv/models/a', 'in a'],
    ['and/or application/json of 2.5 rows/s', 'and/or application/json of 2.5 rows/s'],
    ['a shape of 1.5/2', 'a shape of 1.5/2'],
  ] as const) {
    it(`reduces ${given}`, () => expect(withoutFolders(given)).to.equal(shown));
  }
});
