import { Command } from 'commander';
const help = `
For platforms without a prebuilt addon, or for another release of LibTorch. Needs a C++20 compiler, CMake, ninja or make, and
the packages cmake-js and node-addon-api. Fetches C++ headers if the LibTorch that is found has none.

Example: npm install cmake-js node-addon-api && npx node-libtorch build`;
export function buildCommand() {
    return new Command('build')
        .description('compile the native addon on this machine')
        .option('--torch <version>', 'compile for another release of LibTorch, and use it')
        .addHelpText('after', help)
        .action(async (flags) => {
        const { buildAddon } = await import('../../libtorch/build/build-addon.js');
        const { reportTo } = await import('../../libtorch/fetch/progress.js');
        const { untilSignal } = await import('../until-signal.js');
        await untilSignal('stopped', async (signal) => {
            const { folder, libtorch } = await buildAddon({
                report: reportTo(),
                signal,
                ...(flags.torch !== undefined && { version: flags.torch }),
            });
            process.stdout.write(`The addon for LibTorch ${libtorch.version} is in ${folder}\n`);
        });
    });
}
