#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { buildCommand } from './commands/build.js';
import { doctorCommand } from './commands/doctor.js';
import { exporterCommand } from './commands/exporter.js';
import { inspectCommand } from './commands/inspect.js';
import { registryCommand } from './commands/registry.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { setupCommand } from './commands/setup.js';
import { tokenCommand } from './commands/token.js';
import { typesCommand } from './commands/types.js';
import { torchError } from '../errors.js';
import { ownManifest } from '../files/package-root.js';
import { exitCodes, isOutOfFiles, reportError } from './report.js';
import { UsageError } from './usage.js';

const program = new Command('node-libtorch')
  .description('PyTorch models in Node.js: serve, run and inspect them')
  .version(ownManifest().version)
  .enablePositionalOptions()
  .addHelpText('after', '\nExit codes: 0 success, 1 failure, 2 usage error. DEBUG=1 adds stacks to errors.');
const serve = serveCommand();
const commands = [
  serve,
  runCommand(),
  inspectCommand(),
  typesCommand(),
  exporterCommand(),
  await registryCommand(process.argv),
  setupCommand(),
  buildCommand(),
  doctorCommand(),
  tokenCommand(),
];
for (const command of commands) program.addCommand(command);
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride().configureOutput({ outputError: () => undefined }); // reported below, as every error is

// A reader that closes early, such as `head`, is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = endOf(error);
  // A server that failed to start must end, or a supervisor takes it for running: what others loaded into this process (pm2's channel, an
  // agent's timer) would keep it.
  if (process.argv[2] === serve.name()) await exitOf(process.exitCode);
}

/** Even the one module that it takes may be too many, where there are too few file descriptors. */
async function exitOf(code: number): Promise<void> {
  try {
    const { exitWhenOpened } = await import('../engines/exit.js');
    await exitWhenOpened(code);
  } catch {
    process.exit(code);
  }
}

function endOf(error: unknown): number {
  const json = process.argv.includes('--json');
  if (error instanceof UsageError) {
    reportError(error.cause, { json });
    return exitCodes.usage;
  }
  if (!(error instanceof CommanderError)) {
    reportError(error, { json });
    return isOutOfFiles(error) ? exitCodes.usage : exitCodes.failure;
  }
  if (error.exitCode === 0) return exitCodes.ok;
  // Without a command the help has already been printed.
  if (error.code !== 'commander.help') {
    const what = error.message.replace(/^error: /, '').replace(/\n+/g, ' ');
    reportError(torchError('ERR_INVALID_ARGUMENT', `${what}\n  fix: --help shows the usage`), { json });
  }
  return exitCodes.usage;
}
