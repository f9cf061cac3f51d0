// One request of each protocol, for the same numbers.

import { rowTensorData } from './rows.mjs';

/** The body of an inference request of the Open Inference Protocol, binary both ways as tritonclient sends it. */
export function oipBinary(name, shape, data) {
  const tensor = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const header = Buffer.from(
    JSON.stringify({
      inputs: [{ name, shape, datatype: 'FP32', parameters: { binary_data_size: tensor.length } }],
      parameters: { binary_data_output: true },
    }),
  );
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) },
    body: Buffer.concat([header, tensor]),
  };
}

export function oipJson(name, shape, data) {
  const body = JSON.stringify({ inputs: [{ name, shape, datatype: 'FP32', data: Array.from(data) }] });
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
}

/** The bytes of the tensor alone: what the raw server takes. */
export function octets(data) {
  return {
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  };
}

export const digit = { name: 'input', shape: [1, 784], data: rowTensorData(784) };
/** 602,112 bytes. */
export const image = { name: 'x', shape: [1, 3, 224, 224], data: rowTensorData(3 * 224 * 224) };
