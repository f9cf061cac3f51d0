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
import { describeSpec } from '../../signature/spec.js';
import { addSettings, modelSettings, settingsOf } from '../options.js';
import { columns, formatBytes, printJson, printLines } from '../report.js';
export function inspectCommand() {
    const command = new Command('inspect')
        .description('load a model and show its methods, signature and sizes, and its record if it is in the registry')
        .argument('<model>', 'a model file, or a name or name@version in the registry')
        .option('--json', 'print JSON');
    return addSettings(command, modelSettings).action(inspect);
}
async function inspect(model, flags) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const { loadTarget } = await import('../load-target.js');
        const loaded = __addDisposableResource(env_1, await loadTarget(model, settingsOf(flags)), true);
        if (flags.json) {
            const { info, signature } = loaded.model;
            printJson({ file: loaded.path, ...info, signature, record: loaded.record });
        }
        else
            printLines(describeModel(loaded));
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
function describeModel({ model, path, record }) {
    const { info, signature } = model;
    const lines = columns([
        ['file', path],
        ['kind', `${info.engine} file, ${formatBytes(info.artifactBytes)}`],
        ['sha256', info.sha256],
        ['device', `${info.device.device} (${info.device.reason})`],
        ['parameters', `${formatBytes(info.parameterBytes)}, precision ${info.precision}`],
        ['optimize', info.optimize],
        ['stateful', info.stateful ? `yes: ${info.statefulReason ?? 'runs change it'}` : 'no'],
        ...(info.random ? [['random', 'yes: equal inputs may give different answers']] : []),
        ...(info.autograd ? [['autograd', 'yes: it takes gradients while it runs']] : []),
    ]);
    lines.push('methods', ...info.methods.map((method) => `  ${formatMethod(method)}`));
    if (signature)
        lines.push(...signatureLines(signature));
    if (info.extraFiles)
        lines.push('extra files', ...columns(info.extraFiles.map(extraFileRow), '  '));
    if (record) {
        const { testAccuracy, testSamples } = record.metrics;
        const accuracy = testAccuracy === undefined ? [] : [['test', `accuracy ${testAccuracy} on ${testSamples} samples`]];
        lines.push(`record of ${record.name} ${record.version}`, ...columns([['created', record.created], ['commit', record.sourceCommit], ...accuracy], '  '));
    }
    return [...lines, ...info.warnings.map((warning) => `warning: ${warning}`)];
}
function formatMethod({ name, args, returns }) {
    const list = args.map((arg) => `${arg.name}: ${arg.type}${arg.hasDefault ? ' = …' : ''}`);
    return `${name}(${list.join(', ')}) -> ${returns.join(', ')}`;
}
function signatureLines({ inputs, outputs, task }) {
    const row = (direction) => (spec) => [
        `${direction} ${spec.name}`,
        `${describeSpec(spec)}${spec.labels ? `; ${formatLabels(spec.labels)}` : ''}`,
    ];
    const rows = [...inputs.map(row('in')), ...outputs.map(row('out'))];
    if (task)
        rows.push(['task', task.type]);
    return ['signature', ...columns(rows, '  ')];
}
/** The first line of a text, without what a terminal would obey. */
function extraFileRow({ name, bytes, text }) {
    const line = text === undefined ? '' : JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
    return [printable(name), `${formatBytes(bytes)} ${line}`];
}
/** JSON leaves nothing that a terminal obeys. */
function printable(name) {
    return JSON.stringify(name).slice(1, -1);
}
/** The first few: a classifier may have thousands. */
function formatLabels(labels) {
    const shown = labels.slice(0, 10).join(', ');
    return `${labels.length} labels: ${shown}${labels.length > 10 ? ', …' : ''}`;
}
