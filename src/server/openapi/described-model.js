import { rowModel } from '../codec/row-model.js';
import { interfaceOf } from '../inference/model-interface.js';
export const noModels = { default: undefined, all: [] };
/** Versions that are described one by one. The document is sent whole, and made in one turn of the event loop. */
export const mostVersions = 100;
/** A model of more tensors has the general schema. */
const mostTensors = 64;
/** What is up now. A model without `forward` has no routes of its own. */
export function describedModels(host) {
    const all = host
        .list()
        .slice(0, mostVersions)
        .flatMap((served) => describe(host, served) ?? []);
    const fallback = attempt(() => host.model(host.defaultModel));
    const known = all.find(({ name, version }) => name === fallback?.name && version === fallback.version);
    return { default: known ?? (fallback && describe(host, fallback)), all };
}
function describe(host, served) {
    const { name, version, model, task } = served;
    const own = attempt(() => interfaceOf(served));
    const signature = model.signature;
    if (!own || !signature || own.inputs.length + own.outputs.length > mostTensors)
        return undefined;
    return {
        name,
        version,
        isDefaultVersion: attempt(() => host.model(name))?.version === version,
        inputs: own.inputs.map((input, i) => tensorOf(input, signature.inputs[i])),
        outputs: own.outputs.map((output, i) => tensorOf(output, signature.outputs[i])),
        task,
        rows: attempt(() => rowsOf(host, served)),
    };
}
function tensorOf(metadata, spec) {
    const { bounds, symbols, range, optional = false, shape = null, type } = spec ?? {};
    return {
        ...metadata,
        optional,
        // A number that is no tensor is one element; a list of them has its rank.
        hasRank: shape !== null || (type !== undefined && metadata.datatype !== '' && !/Strings|Tensor/.test(type)),
        ...(bounds && { bounds }),
        ...(symbols && { symbols }),
        ...(range && { range }),
    };
}
function rowsOf(host, served) {
    const { features, range } = rowModel(served);
    const versions = host.list().filter(({ name }) => name === served.name);
    const counts = versions.map((version) => attempt(() => rowModel(version).features) ?? features);
    return { features, featuresOfVersions: [Math.min(...counts), Math.max(...counts)], range };
}
/** Undefined for what is not up, or is of another kind: the description is of use without it too. */
function attempt(make) {
    try {
        return make();
    }
    catch {
        return undefined;
    }
}
