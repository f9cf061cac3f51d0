/** What an ONNX model asks of its worker threads, besides what remote/protocol.ts has. */
export {};
