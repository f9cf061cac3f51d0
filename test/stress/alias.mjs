/**
 * `serve` at half of its capacity while the alias that it serves moves between two versions of the digit model:
 * half-load.mjs says what is asked of it. Requests name no version. 60 s and 20 moves by default, over the admin port.
 * Options: those of half-load.mjs. Exit code 1 when something is not right.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atHalfLoad, givenOptions, root, serve } from './half-load.mjs';

const name = 'mnist-mlp';
const versions = ['v1.0', 'v1.1'];
const options = givenOptions();
const { ModelRegistry } = await import(`${options.dist}/index.js`);
const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-alias-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const [registryDir, modelsDir] = ['model-registry', 'models'].map((each) => join(folder, each));
for (const version of versions) {
  const [records, artifacts] = [registryDir, modelsDir].map((each) => join(each, name, version));
  for (const each of [records, artifacts]) mkdirSync(each, { recursive: true });
  cpSync(`${root}models/${name}/v1.0/model.pt`, join(artifacts, 'model.pt'));
  const record = JSON.parse(readFileSync(`${root}model-registry/${name}/v1.0/metadata.json`, 'utf8'));
  writeFileSync(join(records, 'metadata.json'), JSON.stringify({ ...record, version }));
}
const registry = await ModelRegistry.open({ registryDir, modelsDir });
await registry.setAlias(name, 'champion', versions[0]);

const server = await serve(options, [`${name}@champion`, '--registry', registryDir, '--models', modelsDir]);
let count = 0;

async function move() {
  const version = versions[++count % versions.length];
  const answer = await fetch(`${server.adminUrl}/admin/models/${name}/aliases/champion`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version }),
  });
  const text = await answer.text();
  if (answer.status !== 200) return `move ${answer.status} ${text}`;
  const said = await fetch(`${server.url}/v2/models/${name}`);
  const { versions: served = [] } = await said.json();
  return served.includes(version) ? undefined : `${version} is not among ${served.join(', ')}`;
}

await atHalfLoad(server, options, 'moves', move);
