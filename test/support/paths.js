import { fileURLToPath } from 'node:url';
/** The package's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
/** A file under test/fixtures. */
export const fixture = (path) => `${root}test/fixtures/${path}`;
/** The file of an ONNX model under test/fixtures. */
export const onnx = (name) => fixture(`onnx/${name}.onnx`);
/** The bundled digit model. */
export const digitModel = `${root}models/mnist-mlp/v1.0/model.pt`;
/** The request of the documentation: a seven. */
export const digitRequest = `${root}models/mnist-mlp/v1.0/digit.json`;
