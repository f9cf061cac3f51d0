import { Command } from 'commander';
import { printLines } from '../report.js';
import { untilSignal } from '../until-signal.js';
import { torchError } from '../../errors.js';
import { UsageError } from '../usage.js';
const help = `
Fetches PyTorch's wheels with pip, or from NODE_LIBTORCH_MIRROR (a folder or an http(s) URL that has the wheels), checks
their sha256 and extracts the libraries that are needed. A run that was stopped continues where it was: wheels that it had fetched
are kept, and a download from a URL is resumed. All programs of this user then use this LibTorch, unless they set LIBTORCH. Sets
that were used before stay in the cache.

Example: node-libtorch setup --cuda`;
export function setupCommand() {
    return new Command('setup')
        .description('fetch a LibTorch for this machine and use it from now on')
        .option('--cpu', 'for the CPU only')
        .option('--cuda', 'for NVIDIA GPUs too, with the CUDA libraries (3.8 GB on the disk)')
        .option('--version <version>', 'a release of LibTorch other than the default')
        .option('--verify', 'check the sha256 of the installed files, and fetch again those that differ')
        .option('--list', 'fetch nothing; print the wheels that a mirror must have, in the format of sha256sum -c')
        .addHelpText('after', help)
        .action(async (flags) => {
        if ((flags.cpu === true) === (flags.cuda === true)) {
            throw new UsageError(torchError('ERR_INVALID_ARGUMENT', 'Expected either --cpu or --cuda'));
        }
        const { setup, wheelList } = await import('../../libtorch/fetch/setup.js');
        if (flags.list) {
            printLines(wheelList(flags.cuda ? 'cuda' : 'cpu', flags.version));
            return;
        }
        const { reportTo } = await import('../../libtorch/fetch/progress.js');
        await untilSignal('stopped; the LibTorch in use is unchanged', async (signal) => {
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
