import { expect } from 'chai';
import { loadMessage, runFailure, runMessage } from '#dist/engines/onnx/message-scrub.js';

describe('messages of ONNX Runtime', () => {
  it('of a run keep operator, name and shapes, and lose numbers and source lines', () => {
    const said =
      "Non-zero status code returned while running Gather node. Name:'/rows/Gather' Status Message: " +
      '/onnxruntime_src/onnxruntime/core/providers/cpu/tensor/gather.cc:79 virtual onnxruntime::common::Status ' +
      'onnxruntime::Gather::Compute(onnxruntime::OpKernelContext*) const [with T = float] Indices element out of data bounds, idx=77123 ' +
      'must be within the inclusive range [-3,2], not 1.5e-3; input {2,3}';
    const shown = runMessage(said);
    expect(shown).to.equal(
      "Non-zero status code returned while running Gather node. Name:'/rows/Gather' Status Message: " +
        'Indices element out of data bounds, idx=… must be within the inclusive range [-3,2], not …; input {2,3}',
    );
  });

  it('of a run begin with the sentence, and have the nodes apart, the innermost last', () => {
    const around = "Non-zero status code returned while running If node. Name:'/if' Status Message: ";
    const node = "Non-zero status code returned while running Gather node. Name:'/rows/Gather' Status Message: ";
    const sentence = 'Indices element out of data bounds, idx=77123 must be within the inclusive range [-3,2]';
    const { message, trace, hint } = runFailure(around + node + sentence);
    expect(message).to.equal('Indices element out of data bounds, idx=… must be within the inclusive range [-3,2]');
    expect(trace).to.match(/If node.*Gather node\. Name:'\/rows\/Gather'$/);
    expect(hint).to.match(/vocabulary/);
    expect(runFailure('Something else')).to.deep.equal({ message: 'Something else' });
    expect(runFailure(node)).to.have.property('message').with.length.above(10);
    const channels =
      "Conv node. Name:'c' Status Message: Input channels C is not equal to kernel channels * group. C: 224 kernel channels: 3 group: 1";
    expect(runFailure(channels).hint).to.match(/NHWC/);
  });

  it('of a run keep the sentence, however long the names of the nodes around it are', () => {
    const name = `'/model/decoder/${'layers.0/self_attention/'.repeat(8)}If'`;
    const around = `Non-zero status code returned while running If node. Name:${name} Status Message: `;
    const node = "Non-zero status code returned while running Gather node. Name:'/rows/Gather' Status Message: ";
    const { message, trace, hint } = runFailure(around.repeat(3) + node + 'Indices element out of data bounds, idx=7 must be');
    expect(message).to.equal('Indices element out of data bounds, idx=… must be');
    expect(trace).to.match(/^Non-zero.*Gather node\. Name:'\/rows\/Gather'$/);
    expect(hint).to.match(/^If these are ids/);
    expect(runFailure(around + 'x'.repeat(10_000)).message).to.have.length.below(500);
  }); // prettier-ignore

  it('of a run speak of ids where rows are looked up alone', () => {
    const of = (kind: string, sentence: string) => runFailure(`Non-zero status code returned while running ${kind} node. Name:'n' Status Message: ${sentence}`).hint;
    expect(of('Slice', 'Starting index 9 is out of bounds')).to.equal(undefined);
    expect(of('GatherElements', 'Indices element out of data bounds, idx=9')).to.equal(undefined);
    expect(of("Gather node. Name:'g' Status Message: while running ScatterND", 'Indices element out of data bounds')).to.equal(undefined);
    expect(of('Gather', 'Indices element out of data bounds, idx=9')).to.match(/vocabulary/);
  }); // prettier-ignore

  it('of a load keep versions, and lose paths and status prefixes', () => {
    expect(loadMessage('[ONNXRuntimeError] : 1 : FAIL : Load model from /home/somebody/secret/model.onnx failed: opset 26')).to.equal(
      'Load model from <path> failed: opset 26',
    );
    expect(loadMessage('C:\\Users\\somebody\\model.onnx is bad')).to.equal('<path> is bad');
  }); // prettier-ignore

  it('have an end', () => {
    expect(runMessage('x'.repeat(10_000))).to.have.length.below(500);
  });
});
