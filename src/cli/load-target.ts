import type { SettingKey, Settings } from '../server/settings/table.js';
import type { ModelRecord } from '../registry/index.js';
import { loadModel } from '../engines/index.js';
import type { Model } from '../model/model.js';
import { runtime } from '../engines/runtime.js';
import { policyOfSettings, requireConsistentPolicy } from '../server/settings/policy.js';
import { printable } from './report.js';
import { commandSettings } from './settings.js';
import { locate, parseTarget, type Located } from './target.js';
import { asked } from './usage.js';

export interface LoadedTarget extends AsyncDisposable {
  readonly model: Model;
  readonly path: string;
  /** Undefined for a bare file. */
  readonly record: ModelRecord | undefined;
}

/** Brings up the model that a command line names, with its flags before the environment. @throws UsageError; as prepareTarget and loadModel */
export async function loadTarget(
  target: string,
  overrides: Readonly<Partial<Record<SettingKey, unknown>>>,
): Promise<LoadedTarget> {
  const settings = commandSettings({ overrides });
  const { path, record, options, warnings } = await prepareTarget(target, settings);
  for (const warning of warnings) process.stderr.write(`warning: ${printable(warning)}\n`);
  configureThreads(settings);
  const model = await loadModel(path, options);
  return { model, path, record, [Symbol.asyncDispose]: () => model.dispose() };
}

/** What is loaded, and how: with the digests that the policy found. */
export interface PreparedTarget extends Located {
  /** What a policy that only reports would have refused. */
  readonly warnings: readonly string[];
}

/**
 * Finds what a command line names, and asks the policy of the settings, as a server does before each load.
 * @throws UsageError; as locate, policyOfSettings and LoadPolicy.check
 */
export async function prepareTarget(text: string, settings: Settings): Promise<PreparedTarget> {
  const target = asked(() => parseTarget(text));
  asked(() => requireConsistentPolicy(settings));
  // First: whoever trusts a file that cannot be read is told so, whatever the model is.
  const policy = await policyOfSettings(settings);
  const located = await locate(target, settings);
  if (!policy) return { ...located, warnings: [] };
  const { path, record, registry, options } = located;
  const { warnings, sha256, externalSha256 } = await policy.check(
    record && registry
      ? { name: record.name, version: record.version, record, registry }
      : { file: path, ...(options.engine && { engine: options.engine }) },
  );
  const digests = { ...(sha256 !== undefined && { sha256 }), ...(externalSha256 && { externalSha256 }) };
  return { ...located, options: { ...options, ...digests }, warnings };
}

/** Fixes the thread counts of this process; left to the runtime where nobody chose. */
function configureThreads({ intraOpThreads, interOpThreads }: Settings): void {
  runtime.configure({ interOpThreads, ...(intraOpThreads !== undefined && { intraOpThreads }) });
}
