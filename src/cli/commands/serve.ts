import cluster from 'node:cluster';
import { Command } from 'commander';
import { endSignals } from '../../server/end-signals.js';
import { settingKeys } from '../../server/settings/table.js';
import { addSettings, settingsOf } from '../options.js';

const help = `
Every setting is a flag, an environment variable and a key of the JSON file of --config; the first one that is given counts.
docs/settings.md explains them. A model file that is not in the registry has no task, so /predict answers 422 ERR_TASK.

Example: node-libtorch serve mnist-mlp --port 9000 --instances 2`;

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serve a model over HTTP')
    .argument('[model]', 'a model file, or a name or name@version in the registry (default: the setting model)')
    .option('--config <file>', 'JSON file of settings (NODE_LIBTORCH_CONFIG)')
    .addHelpText('after', help);
  addSettings(command, settingKeys).option('--no-warmup', 'as --warmup off');
  return command.action(async (model: string | undefined, flags: { config?: string }) => {
    const disarm = cluster.isWorker ? ignoreSignals() : endOnSignal();
    const { serve } = await import('../serve.js');
    const overrides = settingsOf(flags);
    // Commander keeps --warmup and --no-warmup under one name: the later one counts, the text of the one or false for the other.
    if (overrides.warmup === false) overrides.warmup = 'off';
    await serve({ model, config: flags.config, overrides, onDrainable: disarm });
  });
}

/** Makes signals end the command at once, with exit code 0, as long as there is nothing to drain. Returns what undoes that. */
const endOnSignal = (): (() => void) => onSignals(() => process.exit(0));

/** A signal to the whole process group, such as Ctrl-C, is for the primary to act on. */
const ignoreSignals = (): (() => void) => {
  onSignals(() => undefined);
  return () => undefined;
};

function onSignals(act: () => void): () => void {
  for (const signal of endSignals) process.on(signal, act);
  return () => {
    for (const signal of endSignals) process.off(signal, act);
  };
}
