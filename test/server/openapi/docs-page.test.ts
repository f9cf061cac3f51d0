import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { expect } from 'chai';
import express from 'express';
import request from 'supertest';
import { createApp } from '#dist/server/index.js';
import { findAssets } from '#dist/server/openapi/docs-assets.js';
import { docsPage, docsPolicy, docsScript } from '#dist/server/openapi/docs-page.js';
import { MemoryHost } from '../../support/server/memory-host.js';

/** What a browser would load for a page at this path: every `src` and `href`, and the document. */
function loadsOf(html: string, path: string): string[] {
  const urls = [...html.matchAll(/\s(?:src|href|data-openapi)="([^"]*)"/g)].map(([, url]) => url as string);
  return urls.filter((url) => !url.startsWith('data:')).map((url) => new URL(url, `http://host${path}`).pathname);
}

describe('/docs', () => {
  const app = createApp({ host: new MemoryHost().asHost(), logger: false });

  it('is a page with a strict policy and nothing inline', async () => {
    const { status, headers, text } = await request(app).get('/docs');
    expect(status).to.equal(200);
    expect(headers['content-type']).to.equal('text/html; charset=utf-8');
    expect(headers['content-security-policy']).to.equal(docsPolicy);
    expect(docsPolicy)
      .to.include("default-src 'none'")
      .and.not.match(/unsafe|https?:|\*/);
    expect(headers).to.include({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(text).not.to.match(/<style|\sstyle=|\son\w+=|<script>|https?:/);
    expect(text).not.to.match(/<script(?![^>]*\ssrc=)/);
  });

  for (const mount of ['', '/ml', '/a/b']) {
    for (const path of ['/docs', '/docs/', '/docs?x=1', '/docs/?x=1']) {
      it(`loads what is there, from ${mount}${path}`, async () => {
        const outer = mount === '' ? app : express().use(mount, app);
        const { text } = await request(outer).get(mount + path);
        const loads = loadsOf(text, mount + path);
        expect(loads).to.have.length(6).and.include(`${mount}/openapi.json`);
        for (const url of loads) {
          const { status, headers } = await request(outer).get(url);
          expect(status, url).to.equal(200);
          const type = { js: 'text/javascript', css: 'text/css', json: 'application/json' }[
            url.split('.').at(-1) ?? ''
          ];
          expect(headers['content-type'], url).to.equal(`${type}; charset=utf-8`);
          expect(headers['cache-control'], url).to.equal(
            url.endsWith('.json') ? 'no-store' : 'public, max-age=31536000, immutable',
          );
        }
      });
    }
  }

  it('has no file under another digest, nor another file', async () => {
    const script =
      loadsOf((await request(app).get('/docs')).text, '/docs').find((url) => url.endsWith('docs.js')) ?? '';
    expect((await request(app).get(script)).text).to.equal(docsScript);
    for (const url of [
      script.replace(/[0-9a-f]{16}/, '0'.repeat(16)),
      script.replace('docs.js', 'index.html'),
      script.replace('docs.js', '..%2f..%2fpackage.json'),
      script.replace('docs.js', 'constructor'),
    ]) {
      const answer = await request(app).get(url);
      expect([answer.status, (answer.body as { code: string }).code], url).to.deep.equal([404, 'ERR_ROUTE_NOT_FOUND']);
    }
  });

  it('needs no token, which it asks for itself', async () => {
    const sha = createHash('sha256').update('secret').digest('hex');
    const guarded = createApp({ host: new MemoryHost().asHost(), logger: false, tokens: `reader infer sha256:${sha}` });
    const { status, text } = await request(guarded).get('/docs');
    expect(status).to.equal(200);
    for (const url of loadsOf(text, '/docs')) {
      expect((await request(guarded).get(url)).status, url).to.equal(url === '/openapi.json' ? 401 : 200);
    }
    const document = await request(guarded).get('/openapi.json').set('authorization', 'Bearer secret');
    expect(document.status).to.equal(200);
  });

  it('says what to do where Swagger UI is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'docs-'));
    try {
      expect(await findAssets([undefined, folder])).to.equal(undefined);
      writeFileSync(join(folder, 'swagger-ui-bundle.js'), 'one');
      expect(await findAssets([folder])).to.equal(undefined);
      writeFileSync(join(folder, 'swagger-ui.css'), 'two');
      const found = await findAssets([undefined, join(folder, 'none'), folder]);
      expect(String(found?.files.get('swagger-ui-bundle.js')?.bytes)).to.equal('one');
      writeFileSync(join(folder, 'swagger-ui.css'), 'three');
      expect((await findAssets([folder]))?.digest).not.to.equal(found?.digest);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const page = docsPage('../', undefined);
    expect(page).to.include('npm install swagger-ui-dist').and.not.include('<script').and.not.include('undefined');
    expect(loadsOf(page, '/ml/docs/')).to.deep.equal(['/ml/openapi.json', '/ml/openapi.json']);
  });

  it('has a script that is JavaScript and calls nobody but this server', () => {
    expect(() => new Script(docsScript)).not.to.throw();
    expect(docsScript).not.to.match(/https?:|\/\/[a-z]/);
    expect(docsScript).to.include('validatorUrl: null');
  });
});
