import type { SettingKey, Settings } from '../server/settings/table.js';
import type { ModelRecord } from '../registry/index.js';
import { loadModel } from '../engines/index.js';
import type { Model } from '../model/model.js';
import { runtime } from '../engines/runtime.js';
import { commandSettings } from './settings.js';
import { locate, parseTarget } from './target.js';
import { asked } from './usage.js';

export interface LoadedTarget extends AsyncDisposable {
  readonly model: Model;
  readonly path: string;
  /** Undefined for a bare file. */
  readonly record: ModelRecord | undefined;
}

/** Brings up the model that a command line names, with its flags before the environment. @throws UsageError; as locate and loadModel */
export async function loadTarget(
  target: string,
  overrides: Readonly<Partial<Record<SettingKey, unknown>>>,
): Promise<LoadedTarget> {
  const settings = commandSettings({ overrides });
  const { path, record, options } = await locate(
    asked(() => parseTarget(target)),
    settings,
  );
  configureThreads(settings);
  const model = await loadModel(path, options);
  return { model, path, record, [Symbol.asyncDispose]: () => model.dispose() };
}

/** Fixes the thread counts of this process; left to the runtime where nobody chose. */
export function configureThreads({ intraOpThreads, interOpThreads }: Settings): void {
  runtime.configure({ interOpThreads, ...(intraOpThreads !== undefined && { intraOpThreads }) });
}
