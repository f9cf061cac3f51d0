import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { routes } from '#dist/server/routes/table.js';
import { scopeOf, type Scope } from '#dist/server/security/scope.js';
import { digitBody, serveProcess } from '../support/server/serve-process.js';

const tokens = {
  infer: 'nlt_infer_0123456789abcdefghij',
  admin: 'nlt_admin_0123456789abcdefghij',
  revoked: 'nlt_revoked_0123456789abcdefgh',
};
const text = `ci infer ${tokens.infer}\nops admin ${tokens.admin}\nold infer ${tokens.revoked} 2001-01-01`;

interface Asked {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly scope: Scope;
}

/** A request of every route that an inference port has. */
const asked: readonly Asked[] = routes
  .filter(({ listeners }) => listeners?.includes('inference') ?? true)
  .map((route) => ({
    name: `${route.method} ${route.path}`,
    method: route.method,
    path: route.path
      .replaceAll('\\', '')
      .replace(/\{[^}]*\}/g, '')
      .replace(/:model(?=[:/]|$)/g, 'mnist-mlp')
      .replace(/:version/g, 'v1.0')
      .replace(/:\w+$/, (part) => (part === ':predict' ? part : 'x')),
    scope: scopeOf(route),
  }));

describe('strangers and every route (rows G1, G3 and G10)', () => {
  let host: ModelHost;
  let server: InferenceServer;
  before(async () => {
    host = ModelHost.start({ models: [{ name: 'mnist-mlp' }] });
    await host.ready;
    server = await createServer({ host, port: 0, logger: false, tokens: text });
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  const ask = ({ method, path }: Asked, headers: Record<string, string> = {}, query = '') => {
    const body = method === 'POST' ? { body: digitBody } : {};
    const all = { 'content-type': 'application/json', ...headers };
    return fetch(server.url + path + query, { method, headers: all, ...body });
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const expectRefused = async (answer: Response, status: number) => {
    expect(answer.status).to.equal(status);
    const said = await answer.text();
    // An OIP client reads a text `error`, TorchServe's a text `message`, all others a problem document.
    const { error, message, detail } = JSON.parse(said) as Record<string, unknown>;
    expect(error ?? message ?? detail, said).to.be.a('string');
    expect(said).not.to.match(/nlt_|\bat .*:\d+|node_modules/);
    if (status === 401) expect(answer.headers.get('www-authenticate')).to.match(/^Bearer /);
  };

  const strangers: [string, Record<string, string>, string][] = [
    ['no token', {}, ''],
    ['a wrong token', bearer('nlt_wrong_0123456789abcdefghij'), ''],
    ['a cut token', bearer(tokens.infer.slice(0, -1)), ''],
    ['a token whose time is over', bearer(tokens.revoked), ''],
    ['a token in the query', {}, `?access_token=${tokens.infer}`],
    ['another scheme', { authorization: `Basic ${tokens.infer}` }, ''],
  ];
  const guarded = asked.filter(({ scope }) => scope === 'infer');
  it('knows the routes of every protocol', () => {
    const paths = guarded.map(({ path }) => path);
    expect(paths).to.include.members(['/predict', '/v2/models/mnist-mlp/infer', '/openapi.json']);
  });

  for (const route of guarded) {
    it(`answers ${route.name} for a token of its scope alone`, async () => {
      // An address has 20 wrong tokens a minute: this server is for one route.
      await server.close();
      server = await createServer({ host, port: 0, logger: false, tokens: text });
      for (const [, headers, query] of strangers) await expectRefused(await ask(route, headers, query), 401);
      await expectRefused(await ask(route, bearer(tokens.admin)), 403);
      const answer = await ask(route, bearer(tokens.infer));
      expect(answer.status).not.to.be.oneOf([401, 403, 404, 405, 429]);
      await answer.text();
    });
  }

  for (const probe of asked.filter(({ scope }) => scope === 'none' || scope === 'metrics')) {
    it(`answers ${probe.name} without one`, async () => {
      const answer = await ask(probe);
      // There is no file of the name that is asked for here.
      const missing = probe.name.endsWith('/:file') ? 200 : 404;
      expect(answer.status).not.to.be.oneOf([401, 403, missing, 429]);
      await answer.text();
    });
  }

  it('answers no page of another site, whatever it asks for', async () => {
    for (const route of asked) {
      const answer = await ask(route, { ...bearer(tokens.infer), origin: 'http://evil.example' });
      await expectRefused(answer, 403);
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
    }
  });

  it('shows a token nowhere: not in its log, metrics, command line or answers', async () => {
    const served = serveProcess(['mnist-mlp', '--log-level', 'trace'], { NODE_LIBTORCH_TOKENS: text });
    try {
      const url = await served.url();
      const answers: string[] = [];
      for (const token of [tokens.infer, tokens.admin, `${tokens.infer}x`]) {
        for (const path of ['/predict', `/predict?token=${token}`, '/nowhere', '/v2/models/x/infer']) {
          const answer = await fetch(url + path, { method: 'POST', body: digitBody, headers: bearer(token) });
          answers.push(await answer.text(), JSON.stringify([...answer.headers]));
        }
      }
      answers.push(await (await fetch(`${url}/metrics`)).text());
      const command = readFileSync(`/proc/${served.child.pid}/cmdline`, 'utf8');
      expect([...answers, command].join('\n')).not.to.include('nlt_');
      served.child.kill('SIGTERM');
      await served.ended;
      const log = JSON.stringify(served.lines);
      expect(log).not.to.include('nlt_');
      expect(log).to.include('"tokenId":"ci"');
    } finally {
      served.child.kill('SIGKILL');
    }
  });
});
