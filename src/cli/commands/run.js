var __addDisposableResource = (this && this.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (this && this.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});
import { Command } from 'commander';
import { addSettings, modelSettings, settingsOf } from '../options.js';
import { printJson, printLines } from '../report.js';
const help = `
Inputs:  one file for each argument; or one file with {"args": [...]}, {"args": {...}} or, as for /predict, {"input_data": [...]}.
  .npy   numbers or bools; float64 becomes float32 where the model takes that
  .npz   arguments by name
  JSON   nested arrays, or {"dtype": "int64", "shape": [2], "data": [1, 2]}; - reads JSON from stdin

Example: node-libtorch run mnist-mlp --input digit.json --json`;
export function runCommand() {
    const command = new Command('run')
        .description('run a model once and print what it returns')
        .argument('<model>', 'a model file, or a name or name@version in the registry')
        .option('--input <files...>', 'one file for each argument, .npy, .npz or JSON; none for a method without arguments')
        .option('--method <name>', 'exported method to call', 'forward')
        .option('--json', 'print JSON')
        .addHelpText('after', help);
    return addSettings(command, modelSettings).action(run);
}
async function run(model, flags) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const [{ loadTarget }, { readArguments }, { toJson, toText }] = await Promise.all([
            import('../load-target.js'),
            import('../input.js'),
            import('../output.js'),
        ]);
        const loaded = __addDisposableResource(env_1, await loadTarget(model, settingsOf(flags)), true);
        const method = loaded.model.info.methods.find(({ name }) => name === flags.method);
        const args = await readArguments(flags.input ?? [], { method, signature: loaded.model.signature });
        const { value, timings } = await loaded.model.execute(flags.method, args);
        if (flags.json)
            printJson({ method: flags.method, device: loaded.model.info.device.device, timings, output: toJson(value) });
        else
            printLines([toText(value)]);
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        const result_1 = __disposeResources(env_1);
        if (result_1)
            await result_1;
    }
}
