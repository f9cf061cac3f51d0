/** Our statistics beside scipy's and Evidently's, on 200 pairs of samples. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { differences, type Case } from '../statistics/oracle.js';
import { root } from '../support/paths.js';

describe('statistics and scipy', function () {
  this.timeout(600_000);

  it('are equal to 1e-9 on 200 pairs, with ties, constants, tiny samples and empty categories', () => {
    const python = execFileSync('bash', [join(root, 'scripts/clients/statistics-env.sh')], { encoding: 'utf8' }).trim();
    const script = join(root, 'test/clients/statistics.py');
    const output = execFileSync(python, [script, '200'], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const cases = JSON.parse(output) as Case[];
    expect(cases).to.have.length(200);
    expect(differences(cases)).to.deep.equal([]);
  });
});
