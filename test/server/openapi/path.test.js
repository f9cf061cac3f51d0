import { expect } from 'chai';
import { describedPaths } from '#dist/server/openapi/path.js';
describe('the paths of OpenAPI', () => {
    const cases = [
        ['/predict', ['/predict']],
        ['/openapi.json', ['/openapi.json']],
        ['/v1/models/:model', ['/v1/models/{model}', 'model']],
        ['/v1/models/:m\\:predict', ['/v1/models/{m}:predict', 'm']],
        ['/v1/models/:m{/versions/:v}', ['/v1/models/{m}', 'm'], ['/v1/models/{m}/versions/{v}', 'm', 'v']],
        [
            '/v1/models/:m{/versions/:v}\\:predict',
            ['/v1/models/{m}:predict', 'm'],
            ['/v1/models/{m}/versions/{v}:predict', 'm', 'v'],
        ],
        ['/v2{/a}{/b}', ['/v2'], ['/v2/b'], ['/v2/a'], ['/v2/a/b']],
    ];
    for (const [pattern, ...paths] of cases) {
        it(`of ${pattern}`, () => {
            expect(describedPaths(pattern).map(({ path, parameters }) => [path, ...parameters])).to.have.deep.members(paths);
        });
    }
    it('knows no wildcards', () => {
        expect(() => describedPaths('/files/*path')).to.throw('/files/*path');
    });
});
