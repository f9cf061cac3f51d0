import { Command } from 'commander';
import { printLines } from '../report.js';
import { untilSignal } from '../until-signal.js';
import { torchError } from '../../errors.js';
import { UsageError } from '../usage.js';

const help = `
It fetches PyTorch's wheels, checks their sha256, and takes from them what is needed: with pip, or from a mirror
(NODE_LIBTORCH_MIRROR, a folder or an http(s) URL that has the wheels). Stopped, it goes on with the wheels that it had, and in the middle
of one that a URL gives. The set is then used by everything of this user that does not set LIBTORCH; sets that were chosen before stay in the cache.

Example: node-libtorch setup --cuda`;

interface SetupFlags {
  readonly cpu?: true;
  readonly cuda?: true;
  readonly version?: string;
  readonly verify?: true;
  readonly list?: true;
}

export function setupCommand(): Command {
  return new Command('setup')
    .description('fetch a LibTorch for this machine and use it from then on')
    .option('--cpu', 'for the CPU')
    .option('--cuda', 'for NVIDIA GPUs too, with the CUDA libraries that it needs (3.8 GB on the disk)')
    .option('--version <version>', 'another release of LibTorch than this version is written for')
    .option('--verify', 'hash what is there, and fetch again what differs')
    .option('--list', 'fetch nothing: print the wheels that a mirror has to have, as sha256sum -c reads them')
    .addHelpText('after', help)
    .action(async (flags: SetupFlags) => {
      if ((flags.cpu === true) === (flags.cuda === true)) {
        throw new UsageError(torchError('ERR_INVALID_ARGUMENT', 'Expected one of --cpu and --cuda'));
      }
      const { setup, wheelList } = await import('../../libtorch/fetch/setup.js');
      if (flags.list) {
        printLines(wheelList(flags.cuda ? 'cuda' : 'cpu', flags.version));
        return;
      }
      const { reportTo } = await import('../../libtorch/fetch/progress.js');
      await untilSignal('stopped; the set in use is as it was', async (signal) => {
        const { lines } = await setup({
          kind: flags.cuda ? 'cuda' : 'cpu',
          verify: flags.verify === true,
          report: reportTo(),
          signal,
          ...(flags.version !== undefined && { version: flags.version }),
        });
        printLines(lines);
      });
    });
}
