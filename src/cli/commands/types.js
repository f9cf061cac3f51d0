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
import { basename } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { torchError } from '../../errors.js';
import { addSettings, modelSettings, settingsOf } from '../options.js';
import { printJson } from '../report.js';
import { UsageError } from '../usage.js';
const help = `
Methods has every exported method; Inputs, OrderedInputs, Outputs and NamedOutputs are forward's. In a program:

  const model = await loadModel<Methods>('model.pt');
  const logits = await model.run({ input: Tensor.from(rows) });

With --url they come from the metadata of a server: this one's, Triton, KServe, MLServer. In a program:

  const client = new InferenceClient('http://127.0.0.1:8000');
  const { outputs } = await client.model<Methods>('mnist-mlp').infer({ input: rows });

A token for that server is read from NODE_LIBTORCH_TOKEN.

Examples: node-libtorch types mnist-mlp --output src/mnist-mlp.d.ts
          node-libtorch types mnist-mlp --url http://127.0.0.1:8000`;
export function typesCommand() {
    const command = new Command('types')
        .description("write TypeScript declarations of a model's inputs and outputs")
        .argument('[model]', 'a model file, or name or name@version of the registry; with --url name or name@version there')
        .option('--url <url>', 'read a server of the Open Inference Protocol: its address, or that of a model below /v2/models')
        .option('--output <file>', 'write to a file and print nothing')
        .option('--json', 'print JSON')
        .addHelpText('after', help);
    return addSettings(command, modelSettings).action(types);
}
async function types(target, flags) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        if (flags.url !== undefined)
            return typesOfServed(flags.url, target, flags);
        if (target === undefined) {
            throw new UsageError(torchError('ERR_INVALID_ARGUMENT', "Expected a model, or --url with a server's address"));
        }
        const [{ loadTarget }, { declarations }] = await Promise.all([
            import('../load-target.js'),
            import('../types/declarations.js'),
        ]);
        const loaded = __addDisposableResource(env_1, await loadTarget(target, settingsOf(flags)), true);
        const { path, record, model } = loaded;
        // No folder: the same model gives the same text wherever it lies.
        const title = record ? `${record.name} ${record.version}` : basename(path);
        const text = declarations({ title, info: model.info, signature: model.signature });
        await print(text, { file: path, sha256: model.info.sha256 }, flags);
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
async function typesOfServed(url, target, flags) {
    const given = Object.keys(settingsOf(flags))[0];
    if (given !== undefined) {
        throw new UsageError(torchError('ERR_INVALID_ARGUMENT', `Expected no ${given} with --url: the server has loaded the model already`));
    }
    const { servedDeclarations } = await import('../types/served.js');
    const { model, declarations } = await servedDeclarations(url, target, process.env['NODE_LIBTORCH_TOKEN'] || undefined);
    await print(declarations, { url, model }, flags);
}
async function print(text, about, { output, json }) {
    if (output !== undefined)
        await write(output, text);
    if (json)
        printJson({ ...about, output, declarations: text });
    else if (output === undefined)
        process.stdout.write(text);
}
async function write(file, text) {
    try {
        await writeFile(file, text);
    }
    catch (cause) {
        const reason = cause.code ?? cause.message;
        throw torchError('ERR_INVALID_ARGUMENT', `Expected a file that can be written for --output but ${file} cannot (${reason})`, {
            cause,
        });
    }
}
