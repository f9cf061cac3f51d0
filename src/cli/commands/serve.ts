import cluster from 'node:cluster';
import { Command } from 'commander';
import { settingKeys } from '../../server/settings/table.js';
import { addSettings, settingsOf } from '../options.js';

const help = `
Every setting is a flag, an environment variable and a key of the JSON file of --config, in this order; docs/settings.md
explains them. A model file that is in no registry has no task, so /predict answers it with 422 ERR_TASK.

Example: node-libtorch serve mnist-mlp --port 9000 --instances 2`;

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serve a model over HTTP')
    .argument('[model]', 'a model file, or name or name@version of the registry (default: the setting model)')
    .option('--config <file>', 'JSON file of settings (NODE_LIBTORCH_CONFIG)')
    .addHelpText('after', help);
  return addSettings(command, settingKeys).action(async (model: string | undefined, flags: { config?: string }) => {
    const disarm = cluster.isWorker ? () => undefined : endOnSignal();
    const { serve } = await import('../serve.js');
    await serve({ model, config: flags.config, overrides: settingsOf(flags), onDrainable: disarm });
  });
}

/** Until there is something to drain, a signal ends the command at once, with exit code 0. Returns the end of that. */
function endOnSignal(): () => void {
  const end = () => process.exit(0);
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}
