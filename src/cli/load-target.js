import { loadModel } from '../engines/index.js';
import { runtime } from '../engines/runtime.js';
import { commandSettings } from './settings.js';
import { locate, parseTarget } from './target.js';
/** Brings up the model that a command line names, with its flags before the environment. @throws as loadModel */
export async function loadTarget(target, overrides) {
    const settings = commandSettings({ overrides });
    const { path, record, options } = await locate(parseTarget(target), settings);
    configureThreads(settings);
    const model = await loadModel(path, options);
    return { model, path, record, [Symbol.asyncDispose]: () => model.dispose() };
}
/** Fixes the thread counts of this process; left to the runtime where nobody chose. */
export function configureThreads({ intraOpThreads, interOpThreads }) {
    runtime.configure({ interOpThreads, ...(intraOpThreads !== undefined && { intraOpThreads }) });
}
