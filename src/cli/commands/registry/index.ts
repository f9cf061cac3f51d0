import type { Command } from 'commander';
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

/** What `node-libtorch registry` can do, in the order of its help. */
export function registryCommands(): readonly Command[] {
  return [
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
}
