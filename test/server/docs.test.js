import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { settingsTable } from '#dist/server/settings/table.js';
import { errorTable } from '#dist/errors.js';
import { predictErrors } from '#dist/server/routes/predict-operation.js';
import { root } from '../support/paths.js';
describe('docs/http.md', () => {
    const docs = readFileSync(`${root}docs/http.md`, 'utf8');
    it('puts every error of /predict under its status', () => {
        for (const code of predictErrors) {
            expect(docs, code).to.match(new RegExp(`^\\| ${errorTable[code].status} \\|.*\`${code}\``, 'm'));
        }
    });
    it("gives the settings' defaults", () => {
        const rows = [...docs.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
        expect(rows).to.have.length(8);
        for (const [, key, value] of rows)
            expect(settingsTable[key].initial, key).to.equal(Number(value));
    });
});
