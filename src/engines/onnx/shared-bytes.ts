/** Memory that all of a model's threads read while they load. For readArtifact, which does not care what kind it is. */
export function sharedBytes(bytes: number): ArrayBuffer {
  return new SharedArrayBuffer(bytes) as unknown as ArrayBuffer;
}
