/** `serve name@alias`: an alias moves on the admin port, and by the registry and SIGHUP. */
import { renameSync } from 'node:fs';
import { expect } from 'chai';
import { AliasRegistry } from './alias-registry.js';
import { askJson, Traffic } from './alias-traffic.js';
import { serveProcess, type LoggingProcess } from './serve-process.js';
import { until } from './http.js';

interface Version {
  readonly version: string;
  readonly state: string;
  readonly reason: string;
  readonly aliases?: readonly string[];
}

interface Problem {
  readonly code: string;
  readonly detail: string;
}

/** Declares the tests, for one process or several. */
export function serveByAlias(workers: number): void {
  describe(`serve by alias, ${workers === 1 ? 'one process' : `${workers} workers`}`, function () {
    this.timeout(120_000);
    const running: LoggingProcess[] = [];
    const registries: AliasRegistry[] = [];
    /** Of a test that has failed, it has not ended. */
    const traffics: Traffic[] = [];
    const trafficTo = (port: number): Traffic => {
      const traffic = new Traffic(port);
      traffics.push(traffic);
      return traffic;
    };
    afterEach(async () => {
      const quiet = traffics.splice(0).map((traffic) => traffic.end());
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all(running.splice(0).map(({ ended }) => ended));
      await Promise.all(quiet);
      for (const registry of registries.splice(0)) registry.remove();
    });

    const serve = async (targets: readonly string[]) => {
      const registry = new AliasRegistry();
      registries.push(registry);
      await registry.alias('champion', 'v1.0');
      const start = async () => {
        const args = [...targets, ...registry.flags, '--admin-port', '0', '--workers', String(workers)];
        const server = serveProcess(args);
        running.push(server);
        await server.seen(workers > 1 ? 'worker ready' : 'ready', workers > 1 ? workers : 1);
        const port = await server.port();
        const { adminPort } = server;
        const admin = <T>(method: string, path: string, body?: object) => askJson<T>(adminPort, method, path, { body });
        const versions = async () => (await admin<{ models: Version[] }>('GET', '/admin/models/mnist-mlp')).body.models;
        const up = async () =>
          (await versions()).filter(({ state }) => state === 'READY').map(({ version }) => version);
        const move = (version: string, alias = 'champion') =>
          admin<Problem & { aliases: object; serving: object }>('PUT', `/admin/models/mnist-mlp/aliases/${alias}`, {
            version,
          });
        return { server, port, admin, versions, up, move };
      };
      return { registry, start, ...(await start()) };
    };
    const answering = async (port: number, path: string) => {
      const { status, headers } = await askJson(port, 'GET', path);
      return status === 200 ? headers['x-model-version'] : status;
    };

    it('moves on the admin port with no failed request, and the old version is gone', async () => {
      const { registry, port, up, move } = await serve(['mnist-mlp@champion']);
      const traffic = trafficTo(port);
      for (const version of ['v1.1', 'v1.0', 'v1.1']) {
        const { status, body } = await move(version);
        expect([status, body.aliases, body.serving]).to.deep.equal([200, { champion: version }, { champion: version }]);
        expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal(version);
        expect(await answering(port, '/v2/models/mnist-mlp')).to.equal(version);
      }
      await until('the old version to be gone', async () => (await up()).join() === 'v1.1', 30_000);
      const { failed, versions } = await traffic.end();
      expect(failed).to.deep.equal([]);
      expect([...versions].sort()).to.deep.equal(['v1.0', 'v1.1']);
      expect(await registry.aliases()).to.deep.equal({ champion: 'v1.1' });
    });

    it('moves in the registry at the next SIGHUP, and not before', async () => {
      const { registry, server, port, up } = await serve(['mnist-mlp@champion']);
      await registry.alias('champion', 'v1.1');
      expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal('v1.0');
      const traffic = trafficTo(port);
      server.child.kill('SIGHUP');
      await server.seen('models refreshed');
      expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal('v1.1');
      await until('the old version to be gone', async () => (await up()).join() === 'v1.1', 30_000);
      expect((await traffic.end()).failed).to.deep.equal([]);
    });

    it('leaves all as it was where the new version is none, and says why', async () => {
      const { registry, server, port, up, versions, move, admin } = await serve(['mnist-mlp@champion']);
      registry.addBad('v1.2');
      const { status, body } = await move('v1.2');
      expect([status, body.code]).to.deep.equal([422, 'ERR_MODEL_FORMAT']);
      expect(await registry.aliases()).to.deep.equal({ champion: 'v1.0' });
      expect(await up()).to.deep.equal(['v1.0']);
      // The same by the file: the registry says one thing, and what is in force another.
      await registry.alias('champion', 'v1.2');
      const refreshed = await admin<{ failed: { model: string; code: string }[] }>('POST', '/admin/refresh');
      expect(refreshed.status).to.equal(422);
      expect(refreshed.body.failed.map(({ model, code }) => [model, code])).to.deep.equal([
        ['mnist-mlp v1.2', 'ERR_MODEL_FORMAT'],
      ]);
      const aliases = await admin('GET', '/admin/models/mnist-mlp/aliases');
      expect(aliases.body).to.deep.equal({ aliases: { champion: 'v1.2' }, serving: { champion: 'v1.0' } });
      expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal('v1.0');
      expect((await versions()).find(({ version }) => version === 'v1.2')?.reason).to.include('ERR_MODEL_FORMAT');
      // It is tried again each time; a good one ends it.
      registry.add('v1.2');
      server.child.kill('SIGHUP');
      await server.seen('models refreshed');
      expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal('v1.2');
    });

    it('keeps a version that something else names', async () => {
      const { registry, port, up, move } = await serve(['mnist-mlp@champion', 'mnist-mlp@v1.0']);
      expect(await up()).to.deep.equal(['v1.0']);
      await move('v1.1');
      expect(await up()).to.deep.equal(['v1.1', 'v1.0']);
      expect(await answering(port, '/v2/models/mnist-mlp')).to.equal('v1.1');
      expect(await answering(port, '/v2/models/mnist-mlp/versions/v1.0')).to.equal('v1.0');
      await move('v1.0');
      await until('the old version to be gone', async () => (await up()).join() === 'v1.0', 30_000);
      expect(await registry.aliases()).to.deep.equal({ champion: 'v1.0' });
    });

    if (workers > 1) {
      it('gives a worker that comes later what the others mean, and not what the disk says', async () => {
        const { registry, server, port, up, move } = await serve(['mnist-mlp@champion']);
        await move('v1.1');
        await registry.alias('champion', 'v1.0');
        process.kill(server.workers[0] as number, 'SIGKILL');
        await server.seen('worker ready', workers + 1);
        process.kill(server.workers[1] as number, 'SIGKILL');
        await server.seen('worker ready', workers + 2);
        for (let each = 0; each < 4; each++) {
          expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal('v1.1');
        }
        expect(await up()).to.deep.equal(['v1.1']);
        server.child.kill('SIGHUP');
        await server.seen('models refreshed');
        for (let each = 0; each < 4; each++) {
          expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal('v1.0');
        }
      });

      it('gives a worker that comes after the end of an alias what it meant, and not the alias', async () => {
        const { registry, server, port, up, admin } = await serve(['mnist-mlp@champion']);
        await registry.alias('stable', 'v1.0');
        server.child.kill('SIGHUP');
        await server.seen('models refreshed');
        expect((await admin('DELETE', '/admin/models/mnist-mlp/aliases/champion')).status).to.equal(200);
        for (const each of [0, 1]) {
          process.kill(server.workers[each] as number, 'SIGKILL');
          await server.seen('worker ready', workers + each + 1);
        }
        for (let each = 0; each < 4; each++) {
          expect(await answering(port, '/v2/models/mnist-mlp/versions/stable')).to.equal('v1.0');
          expect(await answering(port, '/v2/models/mnist-mlp/versions/champion')).to.equal(404);
        }
        expect(await up()).to.deep.equal(['v1.0']);
      });

      it('counts a load once that fails in every worker, and refuses it after three', async () => {
        const { registry, move } = await serve(['mnist-mlp@champion']);
        registry.addBad('v1.1');
        for (const count of [1, 2, 3]) {
          const { body } = await move('v1.1');
          expect(body.code, `load ${count}`).to.equal('ERR_MODEL_FORMAT');
          const [entry] = await (await registry.open()).loadFailures('mnist-mlp');
          expect([entry?.failures, entry?.refused]).to.deep.equal([count, count === 3]);
        }
        expect((await move('v1.1')).body.code).to.equal('ERR_QUARANTINED');
      });

      it('serves on where a worker is to be replaced and the registry is removed, and is whole once it is back', async () => {
        const { registry, server, port, up } = await serve(['mnist-mlp@champion']);
        renameSync(registry.registryDir, `${registry.registryDir}.gone`);
        const traffic = trafficTo(port);
        process.kill(server.workers[0] as number, 'SIGKILL');
        const failed = await server.seen('worker could not start: the others serve on', 3);
        expect(failed.map(({ retryMs }) => retryMs).slice(0, 3)).to.deep.equal([500, 1000, 2000]);
        expect(server.of('worker ended').map(({ crashes }) => crashes)).to.deep.equal([1]);
        expect(await up()).to.deep.equal(['v1.0']);
        renameSync(`${registry.registryDir}.gone`, registry.registryDir);
        await server.seen('worker ready', workers + 1);
        // What was on its way to the worker that was killed may have been lost with it.
        expect((await traffic.end()).failed.length).to.be.at.most(3);
        for (let each = 0; each < 4; each++) expect(await answering(port, '/v2/models/mnist-mlp')).to.equal('v1.0');
      });
    }

    it('goes on where the registry is removed, and says so to administrators', async () => {
      const { registry, port, up, move, admin } = await serve(['mnist-mlp@champion']);
      renameSync(registry.registryDir, `${registry.registryDir}.gone`);
      const traffic = trafficTo(port);
      const { status, body } = await move('v1.1');
      expect([status, body.code]).to.deep.equal([503, 'ERR_STORAGE']);
      expect((await admin<Problem>('GET', '/admin/models/mnist-mlp/aliases')).body.code).to.equal('ERR_STORAGE');
      expect((await admin('POST', '/admin/refresh')).status).to.equal(422);
      expect(await up()).to.deep.equal(['v1.0']);
      expect((await askJson(port, 'GET', '/health/ready')).status).to.equal(200);
      expect((await traffic.end()).failed).to.deep.equal([]);
      renameSync(`${registry.registryDir}.gone`, registry.registryDir);
      expect((await move('v1.1')).status).to.equal(200);
      expect(await up()).to.include('v1.1');
    });
  });
}
