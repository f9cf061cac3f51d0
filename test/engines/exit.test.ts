import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { root } from '../support/paths.js';

/** A process that ends by `exitWhenOpened(7)` after `before`; prints whether LibTorch was open when it ended. */
function ending(before: string): { status: number | null; stdout: string } {
  const program = `
    const { startAhead, startedAddon } = await import('${root}dist/engines/torch/started-addon.js');
    const { exitWhenOpened } = await import('${root}dist/engines/exit.js');
    const { exit } = process;
    process.exit = (code) => { console.log(startedAddon() !== undefined); exit(code); };
    ${before}
    await exitWhenOpened(7);`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return { status, stdout };
}

describe('the end of a process', function () {
  this.timeout(30_000);

  it('waits for LibTorch that is being opened', () => {
    expect(ending('await startAhead();')).to.deep.equal({ status: 7, stdout: 'true\n' });
  });

  it('waits for nothing where nothing opens it', () => {
    expect(ending('')).to.deep.equal({ status: 7, stdout: 'false\n' });
  });
});
