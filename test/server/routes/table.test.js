import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { routes } from '#dist/server/routes/table.js';
import { root } from '../../support/paths.js';
describe('the table of routes', () => {
    it('has one row for each method of a path, and one id for each row', () => {
        const rows = routes.map(({ method, path }) => `${method} ${path}`);
        expect(new Set(rows).size).to.equal(rows.length);
        const ids = routes.map(({ operation }) => (typeof operation === 'function' ? operation(undefined) : operation).id);
        expect(new Set(ids).size).to.equal(ids.length);
    });
    it('is what the pages list: docs/admin.md what is on the admin port alone, docs/http.md the rest', () => {
        const [http, admin] = ['http', 'admin'].map((page) => readFileSync(`${root}docs/${page}.md`, 'utf8'));
        for (const { path, method, listeners } of routes) {
            const docs = listeners?.includes('inference') === false ? admin : http;
            const methods = method === 'GET' ? '`GET`, `HEAD`' : `\`${method}\``;
            expect(docs, path).to.include(`| \`${path}\` | ${methods} |`);
        }
    });
});
