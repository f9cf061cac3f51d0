/** Finds the `torch` of the active Python without importing it, which would take seconds and run its code. */
import { spawnSync } from 'node:child_process';
// The working folder is removed from the path: a folder named torch in it is not the package.
const script = `
import importlib.util, json, os, sys
sys.path = [p for p in sys.path if p not in ('', os.getcwd())]
spec = importlib.util.find_spec('torch')
print(json.dumps(list(spec.submodule_search_locations or [])[:1] if spec else []))
`;
/** Takes about 50 ms, and as long as `python3` takes to start. */
export function findPythonTorch(env = process.env) {
    for (const python of ['python3', 'python']) {
        const result = spawnSync(python, ['-c', script], { env, encoding: 'utf8', timeout: 10_000 });
        if (result.status !== 0)
            continue;
        const [folder] = parse(result.stdout);
        return { python, folder };
    }
    return { python: undefined, folder: undefined };
}
function parse(stdout) {
    try {
        return JSON.parse(stdout);
    }
    catch {
        return [];
    }
}
