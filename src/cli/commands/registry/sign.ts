import { Command } from 'commander';
import { addSettings } from '../../options.js';
import { printJson, printLines, printable } from '../../report.js';
import { showing } from '../../progress.js';
import { recordOf } from '../../target.js';
import { untilSignal } from '../../until-signal.js';
import {
  folderSettings,
  openRegistry,
  referenceArgument,
  referenceOf,
  repeatable,
  usage,
  type Flags,
} from './shared.js';

const help = `
The signature is a bundle of OpenSSF Model Signing v1.0 over the files of the version; model_signing of PyPI verifies it too. Keys are
ECDSA keys on P-256, P-384 or P-521. The passphrase of an encrypted key is read from NODE_LIBTORCH_KEY_PASSPHRASE.

Examples:
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
  openssl pkey -in key.pem -pubout -out public.pem
  node-libtorch registry sign digits@v1.0 --key key.pem
  node-libtorch registry sign digits@v1.0 --bundle model.sig`;

export function signCommand(): Command {
  const command = new Command('sign')
    .description('sign a version, or put a signature that was made elsewhere beside its record')
    .argument('<model>', referenceArgument)
    .option('--key <file>', 'the private key, PEM')
    .addOption(repeatable('--certificate <file>', 'of the key, and those above it, PEM; the signature then holds them'))
    .option('--bundle <file>', 'a signature that is there already: a bundle of model_signing')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, folderSettings).action(sign);
}

interface SignFlags extends Flags {
  readonly key?: string;
  readonly certificate?: readonly string[];
  readonly bundle?: string;
  readonly json?: true;
}

async function sign(text: string, flags: SignFlags): Promise<void> {
  const reference = referenceOf(text);
  const { key, certificate, bundle } = flags;
  if ((key === undefined) === (bundle === undefined))
    throw usage('Expected either --key with a private key or --bundle with a signature');
  if (certificate && key === undefined)
    throw usage('Expected --key beside --certificate: the private key of the certificate');
  const registry = await openRegistry(flags);
  const { name, version } = await recordOf(registry, reference);
  await untilSignal('stopped; nothing was signed', async (signal) => {
    const warnings = await showing(`Signing ${name} ${version}`, async () => {
      if (bundle !== undefined) {
        const { readSignature } = await import('./signature-file.js');
        return (await registry.attachSignature(name, version, await readSignature(bundle), { signal })).warnings;
      }
      const passphrase = process.env['NODE_LIBTORCH_KEY_PASSPHRASE'];
      const options = {
        key: key as string,
        ...(passphrase && { passphrase }),
        ...(certificate && { certificates: certificate }),
      };
      return (await registry.sign(name, version, { ...options, signal })).warnings;
    });
    const path = registry.signaturePath(name, version);
    if (flags.json) printJson({ name, version, signature: path, warnings });
    else printLines([`signed ${name} ${version}: ${path}`, ...warnings.map((each) => `warning: ${printable(each)}`)]);
  });
}
