import { map, Message, one, optional, packed, repeated } from './message.js';
const parameter = new Message('InferParameter', {
    bool_param: optional(1, 'bool'),
    int64_param: optional(2, 'int64'),
    string_param: optional(3, 'string'),
    double_param: optional(4, 'double'),
    uint64_param: optional(5, 'uint64'),
});
const contents = new Message('InferTensorContents', {
    bool_contents: repeated(1, 'bool'),
    int_contents: repeated(2, 'int32'),
    int64_contents: repeated(3, 'int64'),
    uint_contents: repeated(4, 'uint32'),
    uint64_contents: repeated(5, 'uint64'),
    fp32_contents: packed(6, 'float'),
    fp64_contents: packed(7, 'double'),
    bytes_contents: repeated(8, 'bytes'),
});
const tensor = (name) => new Message(name, {
    name: one(1, 'string'),
    datatype: one(2, 'string'),
    shape: repeated(3, 'int64'),
    parameters: map(4, parameter),
    contents: optional(5, contents),
});
export const inferRequest = new Message('ModelInferRequest', {
    model_name: one(1, 'string'),
    model_version: one(2, 'string'),
    id: one(3, 'string'),
    parameters: map(4, parameter),
    inputs: repeated(5, tensor('InferInputTensor')),
    outputs: repeated(6, new Message('InferRequestedOutputTensor', {
        name: one(1, 'string'),
        parameters: map(2, parameter),
    })),
    raw_input_contents: repeated(7, 'bytes'),
});
export const inferResponse = new Message('ModelInferResponse', {
    model_name: one(1, 'string'),
    model_version: one(2, 'string'),
    id: one(3, 'string'),
    parameters: map(4, parameter),
    outputs: repeated(5, tensor('InferOutputTensor')),
    raw_output_contents: repeated(6, 'bytes'),
});
export const streamInferResponse = new Message('ModelStreamInferResponse', {
    error_message: one(1, 'string'),
    infer_response: optional(2, inferResponse),
});
