import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTokens } from '#dist/server/security/token-text.js';
import { TokenStore } from '#dist/server/security/token-store.js';
import { caught } from '../../support/caught.js';
import { until } from '../../support/server/http.js';
import { keptLogger } from '../../support/server/logs.js';
const secret = 'nlt_0123456789abcdefghijklmnopqrstuvwxyz';
const other = 'nlt_zyxwvutsrqponmlkjihgfedcba9876543210';
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const json = (...tokens) => JSON.stringify({ tokens });
describe('the text of tokens', () => {
    it('is JSON with tokens or their hashes, scopes and ends', () => {
        const [first, second] = parseTokens(json({ id: 'ci', scopes: ['infer'], token: secret }, { id: 'ops', scopes: ['infer', 'admin'], sha256: sha256(other).toUpperCase(), expires: '2099-01-31' }), 'here');
        expect(first).to.include({ id: 'ci', expires: Infinity });
        expect(first?.digest.toString('hex')).to.equal(sha256(secret));
        expect([...(second?.scopes ?? [])]).to.deep.equal(['infer', 'admin']);
        expect(second?.digest.toString('hex')).to.equal(sha256(other));
        expect(second?.expires).to.equal(Date.UTC(2099, 0, 31));
    });
    it('is lines, with comments, of an environment too', () => {
        const lines = `# ours\n\nci infer ${secret}\nops infer,admin sha256:${sha256(other)} 2099-01-31\r\n`;
        expect(parseTokens(lines, 'here').map(({ id, scopes }) => [id, ...scopes])).to.deep.equal([
            ['ci', 'infer'],
            ['ops', 'infer', 'admin'],
        ]);
        expect(parseTokens(`ci infer ${secret}; ops admin ${other}`, 'here')).to.have.length(2);
        const [alone] = parseTokens(secret, 'here');
        expect([...(alone?.scopes ?? [])]).to.deep.equal(['infer', 'admin']);
    });
    it('gives two tokens of one id while they are exchanged', () => {
        expect(parseTokens(`ci infer ${secret}\nci infer ${other}`, 'here').map(({ id }) => id)).to.deep.equal([
            'ci',
            'ci',
        ]);
    });
    const refused = [
        ['JSON that is cut', '{"tokens":', /Expected JSON in here/],
        ['no tokens', '{"keys":[]}', /the member tokens alone .*"keys"/],
        ['tokens that are no array', '{"tokens":{}}', /an array tokens/],
        ['a token that is null', '{"tokens":[null]}', /an object in tokens\[0\] of here/],
        ['an unknown member', json({ id: 'a', scopes: ['infer'], token: secret, role: 1 }), /"role"/],
        ['an id that is an address', json({ id: '10.0.0.1', scopes: ['infer'], token: secret }), /a letter/],
        ['no scope', json({ id: 'a', scopes: [], token: secret }), /one or both of infer, admin/],
        ['an unknown scope', `a infer,root ${secret}`, /one or both of infer, admin/],
        ['a token and its hash', json({ id: 'a', scopes: ['infer'], token: secret, sha256: sha256(secret) }), /both/],
        ['a token that is short', 'a infer hunter2', /a token of 16 to 512/],
        ['a token with a space in it', json({ id: 'a', scopes: ['infer'], token: `${secret} x` }), /a token of 16/],
        ['a hash that is short', 'a infer sha256:abc', /64 hexadecimal digits/],
        ['an end that is no date', `a infer ${secret} soon`, /a date such as/],
        ['a word too many', `a infer ${secret} 2099-01-01 x`, /id, scopes, token/],
        ['a token twice', `a infer ${secret}\nb admin sha256:${sha256(secret)}`, /each token once/],
        ['very many', Array.from({ length: 257 }, (_, i) => `a infer ${secret}${i}`).join('\n'), /at most 256 tokens/],
    ];
    for (const [what, text, message] of refused) {
        it(`is refused for ${what}, and never quoted`, () => {
            const error = caught(() => parseTokens(text, 'here'), 'ERR_CONFIG');
            expect(error.message)
                .to.match(message)
                .and.not.to.match(/nlt_|hunter2/);
        });
    }
});
describe('the tokens that are good now', () => {
    let folder;
    let file;
    const stores = [];
    const storeOf = (text, log = keptLogger()) => {
        writeFileSync(file, text, { mode: 0o600 });
        const store = new TokenStore({ file }, log.logger);
        stores.push(store);
        return store;
    };
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), 'node-libtorch-tokens-'));
        file = join(folder, 'tokens');
    });
    afterEach(() => {
        for (const store of stores.splice(0))
            store.close();
        rmSync(folder, { recursive: true });
    });
    it('are found by their text alone, until they end', () => {
        const store = storeOf(`ci infer ${secret}\nold infer ${other} 2001-01-01`);
        expect(store.find(secret)?.id).to.equal('ci');
        for (const wrong of [other, '', secret.slice(0, -1), `${secret}x`, sha256(secret), secret.toUpperCase()]) {
            expect(store.find(wrong), wrong).to.equal(undefined);
        }
    });
    it('keep no token in memory or in the log', () => {
        const log = keptLogger();
        const store = storeOf(`ci infer ${secret}`, log);
        store.reload();
        expect(log.text()).to.include('tokens were read again').and.not.include(secret).and.not.include(sha256(secret));
        expect(JSON.stringify(store)).not.to.include(secret);
    });
    it('change with the file, also one that is put in its place', async () => {
        const store = storeOf(`ci infer ${secret}`);
        writeFileSync(`${file}.new`, `ci infer ${secret}\nci infer ${other}`);
        renameSync(`${file}.new`, file);
        await until('both are good', () => store.find(other) !== undefined);
        expect(store.find(secret)?.id).to.equal('ci');
        writeFileSync(file, `ci infer ${other}`);
        await until('the old one is gone', () => store.find(secret) === undefined);
        expect(store.find(other)?.id).to.equal('ci');
    });
    it('stay when the file becomes wrong or is gone, and go when it is empty', () => {
        const log = keptLogger();
        const store = storeOf(`ci infer ${secret}`, log);
        writeFileSync(file, 'ci root hunter2');
        store.reload();
        expect(store.find(secret)?.id).to.equal('ci');
        rmSync(file);
        store.reload();
        expect(store.find(secret)?.id).to.equal('ci');
        expect(log.lines().filter(({ msg }) => String(msg).includes('those from before go on'))).to.have.length(2);
        expect(log.text()).not.to.include('hunter2');
        writeFileSync(file, '');
        store.reload();
        expect(store.find(secret)).to.equal(undefined);
    });
    it('are warned of when others can read them, unless they are hashes', () => {
        const log = keptLogger();
        writeFileSync(file, `ci infer ${secret}`, { mode: 0o644 });
        stores.push(new TokenStore({ file }, log.logger));
        expect(log.text()).to.include('chmod 600');
        const quiet = keptLogger();
        writeFileSync(file, `ci infer sha256:${sha256(secret)}`);
        stores.push(new TokenStore({ file }, quiet.logger));
        expect(quiet.text()).to.equal('');
    });
    it('cannot come from a file that is not there', () => {
        const error = caught(() => new TokenStore({ file: join(folder, 'none') }, keptLogger().logger), 'ERR_CONFIG');
        expect(error.message).to.match(/tokens file at .*none \(ENOENT\)/);
    });
});
