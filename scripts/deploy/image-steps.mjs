/**
 * node scripts/deploy/image-steps.mjs [FOLDER OF TARBALLS]: does the steps of deploy/docker/Dockerfile without a container engine, in a folder that
 * becomes a root, and tries the result as Docker and Kubernetes run it: a user that is not root, process 1 of its own namespace, no privileges, a
 * root that is read-only. It exits with 1 at the first thing that is not as it should be. FOLDER: default out/, where `npm run package` writes.
 *
 * Needs root, Debian (debootstrap comes from apt) and npm's registry. Not tried: Docker's own build, network and cgroups.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strict as assert } from 'node:assert';
import { freePort } from '../../benchmarks/lib/server.mjs';
import { Container, runOnce } from './container.mjs';
import { environmentOf, lastOf, readDockerfile } from './dockerfile.mjs';
import { buildRoot, sendContext } from './image-root.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const docker = join(repository, 'deploy/docker');
const tarballs = process.argv[2] ?? join(repository, 'out');
const scratch = mkdtempSync(join(tmpdir(), 'node-libtorch-image-'));
const digit = readFileSync(join(repository, 'models/mnist-mlp/v1.0/digit.json'));

try {
  const stages = readDockerfile(join(docker, 'Dockerfile'));
  const context = join(scratch, 'context');
  sendContext(docker, context);
  const packages = readdirSync(tarballs).filter((name) => name.endsWith('.tgz'));
  for (const name of packages) copyFileSync(join(tarballs, name), join(context, 'packages', name));
  const root = buildRoot(stages, context, scratch);
  const image = {
    root,
    folder: lastOf(stages.at(-1), 'WORKDIR').path,
    env: environmentOf(stages.at(-1)),
    user: lastOf(stages.at(-1), 'USER'),
    entrypoint: lastOf(stages.at(-1), 'ENTRYPOINT').words,
    command: lastOf(stages.at(-1), 'CMD').words,
    health: lastOf(stages.at(-1), 'HEALTHCHECK').words,
  };
  say(`the image is made: ${megabytes(root)} MB, of them ${megabytes(join(root, image.folder))} MB in ${image.folder}`);
  refusesStrangers(image);
  await servesWhatItHas(image);
  await servesAsKserveAsks(image);
  console.log('the image does what it should');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** As it is, it would let everybody in. */
function refusesStrangers(image) {
  const { status, stderr } = runOnce(image, image.command);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /Expected tokens before the HTTP port listens on 0\.0\.0\.0/);
  say('without tokens it ends with exit code 2, and says what to do');
}

async function servesWhatItHas(image) {
  const models = modelsFolder({
    'mlp.pt2': 'test/fixtures/aoti/mlp.pt2',
    'linear.onnx': 'test/fixtures/onnx/linear.onnx',
  });
  const port = await freePort();
  const container = await Container.start(image, {
    args: [...image.command, '/models', '--insecure'],
    env: { PORT: String(port), NODE_LIBTORCH_PRE_STOP_DELAY_MS: '1000' },
    mounts: { '/models': models },
  });
  try {
    assert.notEqual(container.runHealthCheck(), 0, 'it is not healthy before it listens');
    await container.healthy();
    const { uid, namespacePid } = container.identity();
    assert.deepEqual({ uid, namespacePid }, { uid: image.user.uid, namespacePid: 1 });
    assert.notEqual(container.run(['touch', '/app/x']).status, 0, 'the root is read-only');
    assert.equal(container.run(['touch', '/tmp/x']).status, 0);
    say(`healthy, as user ${uid} and process 1, with a root that is read-only`);
    const answer = await post(port, '/predict', digit);
    assert.deepEqual(answer.predictions, [7]);
    const names = ['mnist-mlp', 'mlp', 'linear'];
    for (const name of names) {
      const { inputs } = await (await fetch(`http://127.0.0.1:${port}/v2/models/${name}`)).json();
      const answered = await post(port, `/v2/models/${name}/infer`, JSON.stringify({ inputs: inputs.map(someInput) }));
      assert.equal(answered.model_name, name);
    }
    say('predicts: TorchScript, a compiled package and ONNX');
    assert.equal(await container.stop('SIGTERM'), 0, 'the exit code after SIGTERM');
    say('SIGTERM drains it: exit code 0');
  } finally {
    container.kill();
  }
}

/** The arguments of deploy/kserve/runtime.yaml. */
async function servesAsKserveAsks(image) {
  const manifest = readFileSync(join(repository, 'deploy/kserve/runtime.yaml'), 'utf8');
  const args = [...manifest.matchAll(/^ {8}- (\/\S+|--\S+)$/gm)].map(([, word]) => word.replace('{{.Name}}', 'digits'));
  assert.ok(args.length >= 5, 'arguments in the manifest');
  const ports = { 8080: await freePort(), 9000: await freePort() };
  const container = await Container.start(image, {
    args: args.map((word) => word.replace(/\d{4}$/, (port) => ports[port] ?? port)),
    env: { PORT: String(ports[8080]), NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' },
    mounts: { '/mnt/models': modelsFolder({ 'model.pt': 'models/mnist-mlp/v1.0/model.pt' }) },
  });
  try {
    await container.healthy();
    const { input_data: row } = JSON.parse(digit);
    const { predictions } = await post(ports[8080], '/v1/models/digits:predict', JSON.stringify({ instances: [row] }));
    assert.equal(predictions.length, 1);
    assert.equal(await container.stop('SIGTERM'), 0);
    say("serves a file in /mnt/models with the arguments of KServe's runtime");
  } finally {
    container.kill();
  }
}

function modelsFolder(files) {
  const folder = mkdtempSync(join(scratch, 'models-'));
  execFileSync('chmod', ['755', folder]);
  for (const [name, from] of Object.entries(files)) copyFileSync(join(repository, from), join(folder, name));
  return folder;
}

/** Ones of an input's shape, one row where the batch is open. */
function someInput({ name, datatype, shape }) {
  const whole = shape.map((size) => (size < 0 ? 1 : size));
  const count = whole.reduce((product, size) => product * size, 1);
  return { name, datatype, shape: whole, data: Array(count).fill(0.5) };
}

async function post(port, path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${path}: ${text}`);
  return JSON.parse(text);
}

function megabytes(folder) {
  mkdirSync(folder, { recursive: true });
  const [kilobytes] = execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t');
  return Math.round(Number(kilobytes) / 1000);
}

function say(text) {
  console.log(text);
}
