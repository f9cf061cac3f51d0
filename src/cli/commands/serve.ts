import cluster from 'node:cluster';
import { Command } from 'commander';
import { settingKeys } from '../../server/settings/table.js';
import { onHangUp } from '../hang-up.js';
import { addKserveFlags, withKserveFlags } from '../kserve-flags.js';
import { addSettings, settingsOf } from '../options.js';
import { asked } from '../usage.js';

const help = `
Every setting is a flag, an environment variable and a key of the JSON file of --config; the first one that is given counts.
docs/settings.md explains them. The setting models gives each model settings of its own: docs/serving.md.
A file is served as version 1 under its name without the extension, or as NAME=FILE says. Of a folder, everything is: model files,
versions (3/model.pt) or models (digits/model.pt, digits/3/model.pt).

Examples:
  node-libtorch serve mnist-mlp --port 9000 --instances 2
  node-libtorch serve detector.onnx digits=./model.pt mnist-mlp@v1.0
  node-libtorch serve /mnt/models --model_name digits --http_port 8080 --grpc_port 9000`;

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serve models over HTTP')
    .argument(
      '[models...]',
      'files, folders of files, NAME=FILE, and in the registry name, name@version, name@alias or name@sha256:<hex>; the first is the default model (default: the settings models, model)',
    )
    .option(
      '--name <name>',
      'what the only model, a file, is called in URLs (default: its name without extension); of a folder with several, the default one',
    )
    .option('--config <file>', 'JSON file of settings (NODE_LIBTORCH_CONFIG)')
    .addHelpText('after', help);
  addSettings(command, settingKeys).option('--no-warmup', 'as --warmup off');
  addKserveFlags(command);
  return command.action(async (targets: readonly string[], flags: { config?: string; name?: string }) => {
    const disarm = cluster.isWorker ? ignoreSignals() : endOnSignal();
    const { serve } = await import('../serve.js');
    const overrides = settingsOf(flags);
    // Commander keeps --warmup and --no-warmup under one name: the later one counts, the text of the one or false for the other.
    if (overrides.warmup === false) overrides.warmup = 'off';
    const wanted = asked(() => withKserveFlags({ targets, name: flags.name, overrides }, flags));
    await serve({ ...wanted, config: flags.config, onDrainable: disarm });
  });
}

/** Makes signals end the command at once, with exit code 0, as long as there is nothing to drain. Returns what undoes that. */
const endOnSignal = (): (() => void) =>
  onSignals(() => {
    void import('../../engines/exit.js').then(
      ({ exitWhenOpened }) => exitWhenOpened(0),
      () => process.exit(0),
    );
  }, nothing);

/** A signal to the whole process group, such as Ctrl-C, is for the primary to act on. */
const ignoreSignals = (): (() => void) => {
  onSignals(nothing, nothing);
  process.on('SIGHUP', nothing);
  return nothing;
};

/** SIGHUP asks for what has changed, and nothing has been read yet; the end of the terminal is an end. */
function onSignals(end: () => void, refresh: () => void): () => void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
  const unfollow = onHangUp({ refresh, ended: end });
  return () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, end);
    unfollow();
  };
}

const nothing = (): void => undefined;
