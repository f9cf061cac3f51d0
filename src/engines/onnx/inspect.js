import { torchError } from '../../errors.js';
import { kindOf } from '../../model/archive-kind.js';
import { looksLikeOnnx } from '../../model/file-kind.js';
import { readModelProto } from './model-proto.js';
/** @throws ERR_MODEL_FORMAT for bytes that are not an ONNX model; it says what they are where that is known */
export async function inspectModel(bytes) {
    try {
        return readModelProto(bytes);
    }
    catch (error) {
        const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
        const kind = looksLikeOnnx(file) ? undefined : await kindOf(file);
        if (!kind)
            throw error;
        const advice = kind.advice ?? 'export the model with torch.onnx.export (docs/onnx.md)';
        throw torchError('ERR_MODEL_FORMAT', `Expected an ONNX model but received ${kind.what}; ${advice}`);
    }
}
