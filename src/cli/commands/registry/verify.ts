import { Command } from 'commander';
import { addSettings } from '../../options.js';
import { exitCodes, inOneLine, printJson, printLines } from '../../report.js';
import type { SettingKey } from '../../../server/settings/table.js';
import { untilSignal } from '../../until-signal.js';
import { folderSettings, openRegistry, referenceOf, repeatable, usage } from './shared.js';
import type { TrustFlags, Verified } from './verified.js';

const help = `
It hashes the files again and checks record, aliases and signature: a line for each version, and exit code 1 if one is bad. As soon as
a key, a certificate or an identity is trusted, a version without a signature is bad too: otherwise removing it would be enough.

Examples:
  node-libtorch registry verify --all
  node-libtorch registry verify digits@champion --key public.pem
  node-libtorch registry verify digits@v1.0 --key public.pem --signature digits.sig`;

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('check versions: files, record, aliases, signature')
    .argument('[models...]', 'name for all its versions, name@version, name@alias, name@sha256:<hex> or sha256:<hex>')
    .option('--all', 'every version of the registry')
    .addOption(repeatable('--key <file>', 'a public key that is trusted, PEM'))
    .addOption(repeatable('--certificate <file>', 'a certificate authority that is trusted, PEM'))
    .addOption(
      repeatable('--identity <identity>', 'who is trusted with Sigstore: "someone@example.com https://issuer"'),
    )
    .option('--signature <file>', 'verify this signature of one version, in place of the one beside its record')
    .option('--json', 'print JSON')
    .addHelpText('after', help);
  return addSettings(command, [...folderSettings, ...trustSettings]).action(verify);
}

/** Whom the settings trust; a server with a policy has the same. */
const trustSettings: readonly SettingKey[] = ['trustedKeys', 'trustedCertificates', 'trustedIdentities', 'trustedRoot'];

interface VerifyFlags extends TrustFlags {
  readonly all?: true;
  readonly signature?: string;
  readonly json?: true;
}

async function verify(texts: readonly string[], flags: VerifyFlags): Promise<void> {
  const references = texts.map(referenceOf);
  if (references.length > 0 === (flags.all ?? false)) {
    throw usage(`Expected ${references.length > 0 ? 'either models or --all' : 'a model to verify, or --all'}`);
  }
  const { signature } = flags;
  if (signature !== undefined && references.length !== 1) throw usage('Expected one version beside --signature');
  const registry = await openRegistry(flags);
  const { trustOf, verifyVersions } = await import('./verified.js');
  const trust = await trustOf(flags);
  const bundle = signature === undefined ? {} : { bundle: await read(signature) };
  await untilSignal('stopped before the end', async (signal) => {
    const found = await verifyVersions(registry, flags.all ? undefined : references, { trust, signal, ...bundle });
    const ok = found.every(({ problems }) => problems.length === 0);
    if (flags.json) printJson({ ok, versions: found.map((each) => ({ ok: each.problems.length === 0, ...each })) });
    else printLines(found.length > 0 ? found.flatMap(linesOf) : [`no models in ${registry.registryDir}`]);
    if (!ok) process.exitCode = exitCodes.failure;
  });
}

async function read(signature: string): Promise<string> {
  const { readSignature } = await import('./signature-file.js');
  return readSignature(signature);
}

function linesOf({ name, version, problems, says }: Verified): string[] {
  const what = [name, version].filter(Boolean).join(' ');
  if (problems.length === 0) return [`ok   ${what}: ${says.join(', ')}`];
  return problems.map(({ code, message }) => `bad  ${what}: [${code}] ${inOneLine(message)}`);
}
