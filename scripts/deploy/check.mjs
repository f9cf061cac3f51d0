/**
 * node scripts/deploy/check.mjs [FOLDER OF CRDS]: holds everything in deploy/ to the tool or the schema that knows it, prints a line for each
 * file, and exits 1 when there is a fault. FOLDER has KServe's CRDs (*.crd.yaml or *.crd.yaml.gz); without it the SDK's models alone know its kinds.
 *
 * Manifests: Kubernetes' schemas, the CRDs, the Prometheus operator's types, the models of the Python SDKs of KServe and Kubernetes. The chart: `helm lint`,
 * and its manifests as the others, where helm is there. Programs that are missing are installed from Debian by root (scripts/programs.mjs), or named as missing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, programPath } from '../programs.mjs';
import { readDockerfile } from './dockerfile.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const deploy = join(root, 'deploy');
const [crds] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'node-libtorch-deploy-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const yamlFiles = (folder) =>
  readdirSync(join(deploy, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => relative(process.cwd(), join(deploy, folder, name)));

/** A check says nothing, or throws what is wrong. */
const checks = [
  [
    'manifests against schemas',
    () => schemas([...yamlFiles('kubernetes'), ...yamlFiles('kserve'), ...yamlFiles('docker')], crds),
  ],
  ['manifests as models of the SDKs', () => models([...yamlFiles('kubernetes'), ...yamlFiles('kserve')])],
  ['the Helm chart', chart],
  ['HAProxy', () => run(programPath('haproxy'), ['-c', '-f', join(deploy, 'haproxy/haproxy.cfg')])],
  ['nginx', nginx],
  ['systemd', systemd],
  ['Dockerfile', () => readDockerfile(join(deploy, 'docker/Dockerfile'))],
];

let failed = 0;
for (const [name, check] of checks) {
  try {
    const said = check();
    console.log(`${name}: ${typeof said === 'string' ? said : 'good'}`);
  } catch (error) {
    failed++;
    console.log(`${name}: FAULT\n${error.message}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;

function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (status === 0) return `${stdout}${stderr ?? ''}`;
  throw new Error(error?.message ?? `${stdout}${stderr ?? ''}`);
}

function pythonOf(script) {
  const said = run('bash', [join(root, 'scripts/clients', script)], { stdio: ['ignore', 'pipe', 2] });
  return said.trim().split('\n').at(-1);
}

function schemas(files, folder) {
  const program = join(root, 'scripts/deploy/schemas.py');
  process.stdout.write(run(pythonOf('deploy-env.sh'), [program, ...(folder ? ['--crds', folder] : []), ...files]));
}

function models(files) {
  process.stdout.write(run(pythonOf('env.sh'), [join(root, 'scripts/deploy/models.py'), ...files]));
}

/** With every part of it on. */
function chart() {
  const helm = findProgram('helm');
  if (!helm) return 'not checked: helm is not there (go install helm.sh/helm/v3/cmd/helm@v3.22.0)';
  const folder = join(deploy, 'helm/node-libtorch');
  const env = { ...process.env, HELM_CACHE_HOME: scratch, HELM_CONFIG_HOME: scratch, HELM_DATA_HOME: scratch };
  run(helm, ['lint', '--strict', folder], { env });
  const everything = ['autoscaling.enabled', 'networkPolicy.enabled', 'serviceMonitor.enabled', 'grpc.enabled'];
  const variants = {
    plain: [],
    full: [
      ...everything.flatMap((key) => ['--set', `${key}=true`]),
      '--set',
      'modelsClaim=models',
      '--set',
      'metricsTokenKey=metrics-token',
    ],
    insecure: ['--set', 'insecure=true'],
  };
  const files = Object.entries(variants).map(([name, flags]) => {
    const file = join(scratch, `chart-${name}.yaml`);
    writeFileSync(file, run(helm, ['template', 'node-libtorch', folder, ...flags], { env }));
    return file;
  });
  schemas(files, crds);
  models(files);
}

/** The file stands in a folder that nginx reads inside of `http`. */
function nginx() {
  const file = join(scratch, 'nginx.conf');
  const include = join(deploy, 'nginx/node-libtorch.conf');
  writeFileSync(
    file,
    `pid ${scratch}/pid;\nerror_log stderr;\nevents {}\nhttp { access_log off; include ${include}; }\n`,
  );
  run(programPath('nginx'), ['-t', '-c', file]);
}

function systemd() {
  const unit = join(deploy, 'systemd/node-libtorch.service');
  const program = programPath('systemd-analyze');
  const warned = run(program, ['verify', unit]);
  // Debian's own units may have warnings of their own.
  const ours = warned
    .split('\n')
    .filter((line) => line.includes('node-libtorch.service') && !line.includes('/usr/bin/node is not executable'));
  if (ours.length > 0) throw new Error(ours.join('\n'));
  const rated = run(program, ['security', '--offline=true', '--no-pager', unit]);
  return /Overall exposure level.*: ([\d.]+ \w+)/.exec(rated)?.[0];
}
