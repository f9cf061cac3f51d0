// A registry of our own: verdaccio with our packages in it. What is not ours comes from the registry that npm is set to; for
// ours there is no other place, so that nothing of theirs but what was just packed can be installed.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { npm11, tools } from './tools.mjs';

const config = (upstream) => `
storage: ./storage
max_body_size: 300mb
uplinks:
  # One refused request is no reason to take the upstream for dead, as verdaccio does after two, for five minutes.
  upstream: { url: '${upstream}', cache: true, timeout: 60s, maxage: 1d, max_fails: 100, fail_timeout: 1s }
packages:
  'node-libtorch': { access: $all, publish: $all }
  '@node-libtorch/*': { access: $all, publish: $all }
  '**': { access: $all, proxy: upstream }
auth: { htpasswd: { file: ./htpasswd } }
log: { type: stdout, format: json, level: error }
web: { enable: false }
middlewares: {}
`;

export class Registry {
  #folder = mkdtempSync(join(tmpdir(), 'registry-'));
  #child;
  url;

  async start() {
    const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
    writeFileSync(join(this.#folder, 'config.yaml'), config(upstream));
    const address = `127.0.0.1:${await freePort()}`;
    this.url = `http://${address}/`;
    writeFileSync(join(this.#folder, 'npmrc'), `registry=${this.url}\n//${address}/:_authToken=anyone\n`);
    const verdaccio = join(tools, 'verdaccio/bin/verdaccio');
    this.#child = spawn(process.execPath, [verdaccio, '-c', join(this.#folder, 'config.yaml'), '-l', address], {
      cwd: this.#folder,
      stdio: ['ignore', 2, 'ignore'],
    });
    for (const until = Date.now() + 60_000; !(await this.#answers()); await sleep(50)) {
      if (Date.now() > until || this.#child.exitCode !== null) throw new Error('verdaccio does not answer');
    }
  }

  publish(tarball) {
    const args = [npm11, 'publish', tarball, '--access=public', `--userconfig=${join(this.#folder, 'npmrc')}`];
    execFileSync(process.execPath, [...args, '--loglevel=error'], { stdio: ['ignore', 'ignore', 2] });
  }

  async stop() {
    if (this.#child?.exitCode === null) {
      const ended = once(this.#child, 'close');
      this.#child.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #answers() {
    return fetch(`${this.url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
