import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import request from 'supertest';
import { createApp } from '#dist/server/index.js';
import { prefersHtml } from '#dist/server/console/accepts-html.js';
import { consolePage, consolePolicy, wayAbove } from '#dist/server/console/page.js';
import { root } from '../../support/paths.js';
import { MemoryHost } from '../../support/server/memory-host.js';

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

/** What a browser would load for a page at this path. */
function loadsOf(html: string, path: string): string[] {
  const urls = [...html.matchAll(/<(?:script|link)[^>]*\s(?:src|href)="([^"]*)"/g)].map(([, url]) => url as string);
  return urls.map((url) => new URL(url, `http://host${path}`).pathname);
}

describe('the console at /', () => {
  const app = createApp({ host: new MemoryHost().asHost(), logger: false });
  const page = (of = app, path = '/') => request(of).get(path).set('accept', browser);

  it('is a page with a strict policy and nothing inline', async () => {
    const { status, headers, text } = await page();
    expect(status).to.equal(200);
    expect(headers).to.include({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': consolePolicy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'Accept',
    });
    expect(consolePolicy)
      .to.include("default-src 'none'")
      .and.include("require-trusted-types-for 'script'")
      .and.not.match(/unsafe|https?:|\*/);
    expect(text).not.to.match(/<style|\sstyle=|\son\w+=|https?:/);
    expect(text).not.to.match(/<script(?![^>]*\ssrc=)/);
    expect(headers).to.not.have.property('etag');
  });

  it('answers programs as KServe does, and says that it depends on the header', async () => {
    for (const accept of ['', '*/*', 'application/json', 'application/json, text/plain, */*', 'text/html;q=0.1, */*']) {
      const answer = await request(app).get('/').set('accept', accept);
      const { status, headers } = answer;
      const body = answer.body as object;
      expect([status, body, headers['vary']], accept).to.deep.equal([200, { status: 'alive' }, 'Accept']);
      expect(headers['content-type']).to.equal('application/json');
    }
    const head = await request(app).head('/').set('accept', 'text/html');
    expect([head.status, head.headers['content-type'], head.text]).to.deep.equal([
      200,
      'text/html; charset=utf-8',
      undefined,
    ]);
    expect(Number(head.headers['content-length'])).to.equal(Buffer.byteLength((await page()).text));
  });

  for (const [accept, html] of [
    [browser, true],
    ['text/html', true],
    ['TEXT/HTML', true],
    ['text/*', true],
    ['text/html, application/json', true],
    ['application/json, text/html', false],
    ['text/html;q=0.5, application/json', false],
    ['text/html, application/json;q=0.9', true],
    ['text/html;q=0', false],
    ['text/html;q=0.000, */*;q=0.1', false],
    ['text/*;q=0.9, text/html;q=0.2, application/json;q=0.5', false],
    ['application/*, text/html', true],
    ['*/*', false],
    ['application/json;q=0, */*;q=0.2, text/html;q=0.1', true],
    ['text/plain', false],
    ['text/html; level=1 ;q=0.4, */*;q=0.3', true],
    [undefined, false],
    [`text/html, ${'x/y,'.repeat(2000)}`, false],
  ] as const) {
    it(`is ${html ? '' : 'not '}what Accept: ${accept?.slice(0, 60)} asks for`, () => {
      expect(prefersHtml(accept)).to.equal(html);
    });
  }

  for (const mount of ['', '/ml', '/a/b c']) {
    for (const path of ['/', ...(mount === '' ? [] : ['']), '/?x=1']) {
      it(`loads what is there, from ${mount}${path}`, async () => {
        const at = encodeURI(mount);
        const outer = mount === '' ? app : express().use(at, app);
        const { text } = await page(outer, at + path);
        const loads = loadsOf(text, at + path);
        expect(loads.length).to.be.greaterThan(20);
        for (const url of loads) {
          const { status, headers } = await request(outer).get(url);
          expect(status, url).to.equal(200);
          expect(headers['cache-control']).to.equal('public, max-age=31536000, immutable');
          expect(headers).to.not.have.property('etag');
        }
        const base = /data-base="([^"]*)"/.exec(text)?.[1] ?? '';
        const state = new URL('console/state', new URL(base, `http://host${at}${path}`)).pathname;
        expect((await request(outer).get(state)).status, state).to.equal(200);
      });
    }
  }

  it('says where it is mounted, and nothing else of a hostile path', () => {
    expect(['/', '/ml', '/ml/', '/a/b?c=d/e', '/a"><script>'].map(wayAbove)).to.deep.equal([
      '',
      './ml/',
      '',
      './b/',
      './a"><script>/',
    ]);
    const html = consolePage('./a"><script>/', { digest: '0', files: new Map() });
    expect(html).to.not.include('<script>');
  });

  it('has no file under another digest, nor another file', async () => {
    const script = loadsOf((await page()).text, '/').find((url) => url.endsWith('main.js')) ?? '';
    expect((await request(app).get(script)).text).to.equal(
      readFileSync(join(root, 'src/server/console/assets/main.js'), 'utf8'),
    );
    for (const url of [
      script.replace(/[0-9a-f]{16}/, '0'.repeat(16)),
      script.replace('main.js', 'page.js'),
      script.replace('main.js', '..%2fpage.js'),
      script.replace('main.js', 'constructor'),
    ]) {
      const answer = await request(app).get(url);
      expect([answer.status, (answer.body as { code: string }).code], url).to.deep.equal([404, 'ERR_ROUTE_NOT_FOUND']);
    }
  });

  it('needs no token for the page, and one for what it shows', async () => {
    const sha = createHash('sha256').update('secret').digest('hex');
    const guarded = createApp({ host: new MemoryHost().asHost(), logger: false, tokens: `reader infer sha256:${sha}` });
    const { status, text } = await page(guarded);
    expect(status).to.equal(200);
    for (const url of loadsOf(text, '/')) expect((await request(guarded).get(url)).status, url).to.equal(200);
    expect((await request(guarded).get('/console/state')).status).to.equal(401);
    const state = await request(guarded).get('/console/state').set('authorization', 'Bearer secret');
    expect(state.body).to.deep.include({ may: { try: true, act: false } });
  });

  it('is not there where it is off', async () => {
    const plain = createApp({ host: new MemoryHost().asHost(), logger: false, console: 'off' });
    const answer = await page(plain);
    const { headers } = answer;
    const body = answer.body as object;
    expect(body).to.deep.equal({ status: 'alive' });
    expect(headers).to.not.have.property('vary');
    for (const path of ['/console/state', '/console/state/mnist-mlp/v1.0', '/console/x/main.js', '/admin/models']) {
      expect((await request(plain).get(path)).status, path).to.equal(404);
    }
  });

  it('asks nobody but its own server, and fits into 150 KB', () => {
    const folder = join(root, 'src/server/console/assets');
    let bytes = 0;
    for (const file of readdirSync(folder)) {
      bytes += statSync(join(folder, file)).size;
      const text = readFileSync(join(folder, file), 'utf8');
      expect(text.replace(/^\s*(\*|\/\/|\/\*).*$/gm, ''), file).to.not.match(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/,
      );
      const foreign = [...text.matchAll(/https?:\/\/[\w.-]+/g)].map(([url]) => url);
      expect(
        foreign.filter((url) => !/www\.w3\.org|yann\.lecun\.com/.test(url)),
        file,
      ).to.deep.equal([]);
    }
    expect(bytes).to.be.lessThan(150_000);
  });
});
