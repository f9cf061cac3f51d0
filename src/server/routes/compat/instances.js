/** The two forms of a request in KServe v1 and TensorFlow Serving: rows (`instances`) and columns (`inputs`). */
import { torchError } from '../../../errors.js';
import { invalidBody } from '../../codec/body-form.js';
import { bytesOfBase64, contentOf, inputNamed, isBase64, isObject, kindOf, namedValues, onlyInput, requireFew, } from '../../codec/values.js';
import { interfaceOf } from '../../inference/model-interface.js';
import { imagesAsInput } from './image-input.js';
const known = ['instances', 'inputs', 'signature_name'];
/** The only signature that a model here has, by TensorFlow's name. */
const signatureName = 'serving_default';
/** Rows of one request; each may become an object in memory. */
const mostInstances = 65_536;
/**
 * The tensors of a parsed body. Rows of several inputs are objects by name; images are `{"b64": …}` where the model's task
 * says how they become its input.
 * @throws ERR_VALIDATION for another form, ERR_INVALID_SHAPE, ERR_INVALID_INPUT, ERR_OUT_OF_RANGE for values; as imagesAsInput
 */
export async function tensorRequest(call, served, body) {
    if (!isObject(body))
        throw invalidBody('', `expected an object with instances or inputs but received ${kindOf(body)}`);
    const stranger = Object.keys(body).find((name) => !known.includes(name));
    if (stranger !== undefined)
        throw invalidBody('', `unknown member; expected ${known.join(', ')}`);
    const { instances, inputs, signature_name: signature = signatureName } = body;
    if (signature !== signatureName && signature !== null && signature !== '') {
        throw invalidBody('/signature_name', `expected ${signatureName} or none`);
    }
    if ((instances === undefined) === (inputs === undefined)) {
        throw invalidBody('', 'expected either "instances" or "inputs"');
    }
    if (instances === undefined)
        return { form: 'columns', count: 0, inputs: await columnInputs(call, served, inputs) };
    if (!Array.isArray(instances)) {
        throw invalidBody('/instances', `expected "instances" to be a list but received ${kindOf(instances)}`);
    }
    return { form: 'rows', count: instances.length, inputs: await rowInputs(call, served, instances) };
}
/** One value for each input, with all rows in it. */
async function columnInputs(call, served, given) {
    const { inputs } = interfaceOf(served);
    if (isObject(given) && !isBase64(given)) {
        const images = onlyImages(served, Object.values(given));
        if (images)
            return [await imagesAsInput(call, served, images)];
        return namedValues(given, inputs);
    }
    const images = onlyImages(served, [given]);
    if (images)
        return [await imagesAsInput(call, served, images)];
    const input = onlyInput(inputs, '/inputs');
    return [{ name: input.name, content: contentOf(given, input) }];
}
/** The columns of rows. @throws ERR_VALIDATION for no rows, too many, and rows of different inputs */
export async function rowInputs(call, served, instances) {
    if (instances.length === 0 || instances.length > mostInstances) {
        throw invalidBody('/instances', `expected 1 to ${mostInstances} instances but received ${instances.length}`);
    }
    const images = onlyImages(served, [instances.map(onlyMember)]);
    if (images)
        return [await imagesAsInput(call, served, images)];
    const { inputs } = interfaceOf(served);
    const isNamed = isObject(instances[0]) && !isBase64(instances[0]);
    if (!isNamed) {
        const input = onlyInput(inputs, 'each instance');
        return [{ name: input.name, content: contentOf(instances, input) }];
    }
    const names = Object.keys(instances[0]);
    requireFew(names);
    for (const [row, instance] of instances.entries())
        requireMembers(instance, names, row);
    return names.map((name) => ({
        name,
        content: contentOf(instances.map((instance) => instance[name]), inputNamed(name, inputs)),
    }));
}
function requireMembers(instance, names, row) {
    const isAlike = isObject(instance) &&
        Object.keys(instance).length === names.length &&
        names.every((name) => Object.hasOwn(instance, name));
    if (isAlike)
        return;
    throw torchError('ERR_VALIDATION', `/instances/${row}: expected an object with the same inputs as the first instance`, {
        errors: [
            { pointer: `/instances/${row}`, detail: 'expected an object with the same inputs as the first instance' },
        ],
    });
}
/** `{"image_bytes": {"b64": …}}` is the image, however the member is called. */
function onlyMember(instance) {
    if (!isObject(instance) || isBase64(instance))
        return instance;
    const members = Object.values(instance);
    return members.length === 1 ? members[0] : instance;
}
/** The images that values are, alone or in a list, where the model takes images; undefined where they are others. */
function onlyImages({ task }, values) {
    if (!task?.image || values.length !== 1)
        return undefined;
    const list = [values[0]].flat();
    if (list.length === 0 || !list.every(isBase64))
        return undefined;
    return list.map(({ b64 }) => bytesOfBase64(b64));
}
