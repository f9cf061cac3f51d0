/** What to do about the commonest mistakes, by what ONNX Runtime says of them. What a signature shows is said before a run. */

const unknownId =
  'If these are ids, one is beyond the model’s table: do they come from the vocabulary that the model was trained with?';
const width =
  'The last dimension of an input is not what the layer was made for, or the batch dimension is missing: [1, ...] for one example';
const channels =
  'Convolutions take [batch, channels, height, width]: are the channels last (NHWC) in what was given, or another number of them?';

/** THE TABLE; the first that fits is taken. */
const hints: readonly (readonly [said: RegExp, advice: string])[] = [
  // The innermost node looks rows up: others (Slice, GatherElements) speak of indices too.
  [/running Gather node\.(?!.*running \w+ node\.).*indices element out of data bounds/is, unknownId],
  [/input channels C is not equal to kernel channels/i, channels],
  [/matmul dimension mismatch|gemm: dimension mismatch|matmulhelper|left operand cannot broadcast/i, width],
];

/** Undefined where nothing is known. */
export function hintFor(text: string): string | undefined {
  return hints.find(([said]) => said.test(text))?.[1];
}
