import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingKeys, settingsTable } from '#dist/server/settings/table.js';

const root = new URL('../../', import.meta.url);

/** Runs the CLI; none of these cases may need LibTorch. */
function cli(args: readonly string[], env: Record<string, string> = {}) {
  const main = fileURLToPath(new URL('dist/cli/main.js', root));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  return { status, stdout, stderr };
}

describe('command line', () => {
  it('shows its version and its help', () => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
    expect(cli(['--version'])).to.deep.equal({ status: 0, stdout: `${version}\n`, stderr: '' });
    const { status, stdout } = cli(['--help']);
    expect(status).to.equal(0);
    for (const command of ['serve', 'run', 'inspect', 'doctor']) expect(stdout).to.include(command);
  });

  it('has a flag for every setting', () => {
    const { stdout } = cli(['serve', '--help']);
    for (const key of settingKeys) {
      const { flag, isSwitch } = settingsTable[key];
      expect(stdout).to.include(isSwitch ? `--${flag} ` : `--${flag} <value>`);
    }
  });

  const usage: [string, string[]][] = [
    ['no command', []],
    ['an unknown command', ['bake']],
    ['an unknown flag', ['serve', '--nope']],
    ['a missing argument', ['inspect']],
    ['a flag without its value', ['run', 'mnist-mlp', '--input']],
    ['an argument too many', ['inspect', 'a', 'b']],
    ['one model twice', ['serve', 'a', 'a']],
    ['a name for several models', ['serve', '--name', 'x', 'a.pt', 'b.pt']],
    ['a file whose name cannot be served', ['serve', './my model.pt']],
    ['a name in front of a file that cannot be', ['serve', 'my model=./a.pt']],
    ['a setting out of bounds', ['serve', '--port', '70000']],
    ['a setting of the wrong type', ['inspect', 'mnist-mlp', '--threads', 'many']],
    ['a name that cannot be', ['serve', 'No Model']],
    ['a model in the address and beside it', ['types', 'digits', '--url', 'http://127.0.0.1:1/v2/models/x']],
    ['no address of a server', ['types', '--url', 'nowhere']],
    ['a name of a served model with a wrong escape', ['types', '--url', 'http://127.0.0.1:1/v2/models/%zz']],
    ['an empty version of a served model', ['types', 'digits@', '--url', 'http://127.0.0.1:1']],
    ['a list of what no model can be called', ['registry', 'list', 'Bad Name']],
    ['an alias to remove that is not said', ['registry', 'alias', '--remove', 'no-such-model']],
    ['an alias to remove of a version', ['registry', 'alias', '--remove', 'no-such-model@v1', 'champion']],
    ['a missing settings file', ['serve', '--config', 'none.json']],
  ];
  for (const [name, args] of usage) {
    it(`exits 2 for ${name}`, () => {
      const { status, stdout, stderr } = cli(args);
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr)
        .not.to.equal('')
        .and.not.to.match(/\n\s+at /);
      if (args.length > 0) expect(stderr).to.match(/^error \[ERR_\w+\] /);
      if (args.length === 0 || args[0] === 'bake') return;
      const json = JSON.parse(cli([...args, '--json']).stderr) as { error: { code: string; message: string } };
      expect(json.error.code).to.match(/^ERR_/);
    });
  }

  it('says in one line which setting was wrong, where it came from and why', () => {
    const { stderr } = cli(['serve'], { PORT: 'http' });
    expect(stderr).to.match(
      /^error \[ERR_CONFIG\] Expected an integer .* port \(environment variable PORT\) .*"http"\n$/,
    );
  });

  it('exits 1 for a model that is not there, with one line or one object', () => {
    const plain = cli(['inspect', 'no-such-model']);
    expect(plain).to.include({ status: 1, stdout: '' });
    expect(plain.stderr).to.match(/^error \[ERR_MODEL_NOT_FOUND\] .*\n$/);
    const json = cli(['inspect', 'mnist-mlp@v9', '--json']);
    expect(json).to.include({ status: 1, stdout: '' });
    expect(JSON.parse(json.stderr)).to.have.nested.property('error.code', 'ERR_VERSION_NOT_FOUND');
  });

  it('adds the stack with DEBUG set', () => {
    expect(cli(['inspect', 'no-such-model'], { DEBUG: '1' }).stderr).to.match(/\n\s+at /);
  });
});
