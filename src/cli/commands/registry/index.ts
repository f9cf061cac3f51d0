import { Command } from 'commander';
import { addCommand } from './add.js';
import { aliasCommand } from './alias.js';
import { cardCommand } from './card.js';
import { clearCommand } from './clear.js';
import { listCommand } from './list.js';
import { pullCommand } from './pull.js';
import { rmCommand } from './rm.js';
import { showCommand } from './show.js';
import { signCommand } from './sign.js';
import { verifyCommand } from './verify.js';

/** `node-libtorch registry`: what the registry holds, and its changes. */
export function registryCommand(): Command {
  const command = new Command('registry').description('add, list, show, verify, sign and alias versions of models');
  const commands = [
    addCommand(),
    pullCommand(),
    listCommand(),
    showCommand(),
    verifyCommand(),
    cardCommand(),
    aliasCommand(),
    signCommand(),
    rmCommand(),
    clearCommand(),
  ];
  for (const each of commands) command.addCommand(each);
  return command;
}
