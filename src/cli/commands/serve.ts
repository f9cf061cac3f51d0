import cluster from 'node:cluster';
import { Command } from 'commander';
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
  return addSettings(command, settingKeys).action(async (model: string | undefined, flags: { config?: string }) => {
    const disarm = cluster.isWorker ? () => undefined : endOnSignal();
    const { serve } = await import('../serve.js');
    await serve({ model, config: flags.config, overrides: settingsOf(flags), onDrainable: disarm });
  });
}

/** Makes signals end the command at once, with exit code 0, as long as there is nothing to drain. Returns what undoes that. */
function endOnSignal(): () => void {
  const end = () => process.exit(0);
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}
