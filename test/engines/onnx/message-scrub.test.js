import { expect } from 'chai';
import { loadMessage, runMessage } from '#dist/engines/onnx/message-scrub.js';
describe('messages of ONNX Runtime', () => {
    it('of a run keep operator, name and shapes, and lose numbers and source lines', () => {
        const said = "Non-zero status code returned while running Gather node. Name:'/rows/Gather' Status Message: " +
            '/onnxruntime_src/onnxruntime/core/providers/cpu/tensor/gather.cc:79 virtual onnxruntime::common::Status ' +
            'onnxruntime::Gather::Compute(onnxruntime::OpKernelContext*) const [with T = float] Indices element out of data bounds, idx=77123 ' +
            'must be within the inclusive range [-3,2], not 1.5e-3; input {2,3}';
        const shown = runMessage(said);
        expect(shown).to.equal("Non-zero status code returned while running Gather node. Name:'/rows/Gather' Status Message: " +
            'Indices element out of data bounds, idx=… must be within the inclusive range [-3,2], not …; input {2,3}');
    });
    it('of a load keep versions, and lose paths and status prefixes', () => {
        expect(loadMessage('[ONNXRuntimeError] : 1 : FAIL : Load model from /home/somebody/secret/model.onnx failed: opset 26')).to.equal('Load model from <path> failed: opset 26');
        expect(loadMessage('C:\\Users\\somebody\\model.onnx is bad')).to.equal('<path> is bad');
    }); // prettier-ignore
    it('have an end', () => {
        expect(runMessage('x'.repeat(10_000))).to.have.length.below(500);
    });
});
