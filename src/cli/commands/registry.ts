import { Command } from 'commander';

/**
 * `node-libtorch registry`: what the registry holds, and its changes.
 * @param argv what the process was called with: the many commands below this one are imported only where it may be meant
 */
export async function registryCommand(argv: readonly string[]): Promise<Command> {
  const command = new Command('registry').description('add, list, show, verify, sign and alias versions of models');
  if (!argv.includes('registry')) return command;
  const { registryCommands } = await import('./registry/index.js');
  for (const each of registryCommands()) command.addCommand(each);
  return command;
}
