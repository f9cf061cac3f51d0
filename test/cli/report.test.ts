/** What strangers wrote reaches the terminal as text: no escape, no line of its own, no turned direction. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, copyFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { jsonText, printable, reportError } from '#dist/cli/report.js';
import { cli } from '../support/cli-run.js';
import { digitModel, fixture, root } from '../support/paths.js';

/** ESC, BEL, NUL, CR, a C1 control, a turn of the direction, the isolate of one, a tag beyond the first plane. */
const hostile = '\x1b[2J\x1b]0;pwn\x07\0\r\nok   fake v1: fine\n  fix: run me\x9b31m\u202e\u2066\u{e0041}';
const obeyed = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('messages that hold texts of strangers', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-report-'));
  const [records, models] = [join(folder, 'records'), join(folder, 'models')];
  const flags = ['--registry', records, '--models', models];

  before(() => {
    for (const parent of [records, models]) mkdirSync(join(parent, 'odd/v1'), { recursive: true });
    copyFileSync(digitModel, join(models, 'odd/v1/model.pt'));
    interface Written {
      signature: { inputs: { name: string }[] };
    }
    const record = JSON.parse(readFileSync(`${root}model-registry/mnist-mlp/v1.0/metadata.json`, 'utf8')) as Written;
    const [input] = record.signature.inputs;
    record.signature.inputs = [
      { ...input!, name: hostile },
      { ...input!, name: 'more' },
    ];
    writeFileSync(
      join(records, 'odd/v1/metadata.json'),
      JSON.stringify({ ...record, name: 'odd', version: 'v1', description: hostile, trainingStatistics: undefined }),
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const args of [['inspect'], ['types'], ['run'], ['inspect', '--json']]) {
    it(`${args.join(' ')} obeys nothing of them, and no line is forged`, async () => {
      const [command = '', ...rest] = args;
      const { status, stdout, stderr } = await cli([command, 'odd', ...rest, ...flags]);
      expect(status).to.equal(1);
      expect(stderr).to.include('ERR_SIGNATURE_MISMATCH').and.include('2J');
      expect(`${stdout}${stderr}`).not.to.match(obeyed);
      for (const line of stderr.trim().split('\n')) expect(line).to.match(/^(error \[|\{)/);
    });
  }

  for (const args of [
    ['list'],
    ['show', 'odd'],
    ['list', '--json'],
    ['show', 'odd', '--json'],
    ['card', 'odd', '--json'],
  ]) {
    it(`registry ${args.join(' ')} obeys nothing of them`, async () => {
      const { status, stdout, stderr } = await cli(['registry', ...args, ...flags]);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout).not.to.match(obeyed);
    });
  }

  it('an error keeps its lines, and none of them begins as one of ours', () => {
    const write = process.stderr.write.bind(process.stderr);
    let said = '';
    process.stderr.write = (text: string | Uint8Array) => ((said += String(text)), true);
    try {
      reportError(torchError('ERR_INTERNAL', `${hostile}\n  fix: ours`), { json: false });
    } finally {
      process.stderr.write = write;
    }
    expect(said).not.to.match(obeyed);
    expect(said).to.match(/^error \[.*\n {2}ok {3}fake.*\n {2}fix: run me.*\n {2}fix: ours\n$/);
  });

  it('JSON reads back as what it was', () => {
    const value = { [hostile]: [hostile, 'plain ü 中 🙂'] };
    expect(JSON.parse(jsonText(value))).to.deep.equal(value);
    expect(jsonText(value)).not.to.match(obeyed);
    expect(printable('a\u{e0041}b')).to.equal('a\\udb40\\udc41b');
  });
});

describe('an error of a model on the command line', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-report-'));
  const input = join(folder, 'input.json');
  before(() => writeFileSync(input, '[[1, 2, 3]]'));
  after(() => rmSync(folder, { recursive: true }));
  const run = (DEBUG: string, ...flags: string[]) =>
    cli(['run', fixture('faults/execution-errors/Linear.pt'), '--input', input, ...flags], { env: { DEBUG } });

  it('is the sentence, the hint, and how to see the trace', async () => {
    const { status, stderr } = await run('');
    expect(status).to.equal(1);
    const [first, ...rest] = stderr.trimEnd().split('\n');
    expect(first).to.match(/^error \[ERR_MODEL_EXECUTION\] addmm: mat1 and mat2/);
    expect(rest).to.have.length(2);
    expect(rest[0]).to.match(/^ {2}hint: The last dimension/);
    expect(rest[1]).to.match(/^ {2}trace: DEBUG=1/);
  });

  it('has the trace with DEBUG, as text and as JSON', async () => {
    expect((await run('1')).stderr).to.match(/Traceback of TorchScript/);
    const [line = ''] = (await run('1', '--json')).stderr.split('\n');
    expect((JSON.parse(line) as { error: object }).error).to.include.keys('code', 'message', 'hint', 'trace');
    const plain = JSON.parse((await run('', '--json')).stderr) as { error: object };
    expect(plain.error).to.include.keys('code', 'message', 'hint').and.not.include.keys('trace');
  });
});
