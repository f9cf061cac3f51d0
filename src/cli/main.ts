#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { buildCommand } from './commands/build.js';
import { doctorCommand } from './commands/doctor.js';
import { inspectCommand } from './commands/inspect.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { setupCommand } from './commands/setup.js';
import { typesCommand } from './commands/types.js';
import { exitCodes, reportError } from './report.js';
import { UsageError } from './usage.js';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('node-libtorch')
  .description('PyTorch models in Node.js: serve, run and inspect them')
  .version(manifest.version)
  .enablePositionalOptions()
  .addHelpText('after', '\nExit codes: 0 done, 1 it failed, 2 it was asked wrongly. DEBUG=1 adds stacks to errors.');
const commands = [
  serveCommand(),
  runCommand(),
  inspectCommand(),
  typesCommand(),
  setupCommand(),
  buildCommand(),
  doctorCommand(),
];
for (const command of commands) program.addCommand(command);
for (const command of [program, ...program.commands])
  command.exitOverride().showHelpAfterError('(--help shows the usage)');

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  // commander has printed its own.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else {
    const wrongUsage = error instanceof UsageError;
    reportError(wrongUsage ? error.cause : error, { json: process.argv.includes('--json') });
    process.exitCode = wrongUsage ? exitCodes.usage : exitCodes.failure;
  }
}
