import { loadSettings } from '../server/settings/load.js';
import {} from '../server/settings/table.js';
import { UsageError } from './usage.js';
/** As loadSettings, for a command line. The file is the one of --config, else of NODE_LIBTORCH_CONFIG. @throws UsageError */
export function commandSettings({ file = process.env['NODE_LIBTORCH_CONFIG'], ...sources }) {
    try {
        return loadSettings({ ...sources, ...(file && { file }) });
    }
    catch (cause) {
        throw new UsageError(cause);
    }
}
