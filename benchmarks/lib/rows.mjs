/** Rows of numbers in [0, 1) that never change; native/bench/loop.cc makes the same. Four decimals: no rounding in JSON. */
export function rowValues(width) {
  return Array.from({ length: width }, (_, i) => ((i * 7919) % 9973) / 10000);
}

export function rowTensorData(width, batch = 1) {
  const row = rowValues(width);
  return Float32Array.from({ length: width * batch }, (_, i) => row[i % width]);
}

/** The body of a /predict request for one row, as the kinds of request that are measured. */
export function requestOf(kind, width) {
  if (kind === 'json') {
    const body = Buffer.from(JSON.stringify({ input_data: rowValues(width), model_version: 'v1.0', batch_size: 1 }));
    return { headers: { 'content-type': 'application/json' }, body };
  }
  return { headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from(rowTensorData(width).buffer) };
}
