"""What test/clients/peers.test.ts asks KServe for: numbers doubled, strings in capitals. Arguments: the two ports."""

import sys

import numpy as np
from kserve import InferOutput, InferResponse, Model, ModelServer


class Doubler(Model):
    def __init__(self, name):
        super().__init__(name)
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        outputs = [self.answer(tensor, payload) for tensor in payload.inputs]
        return InferResponse(
            model_name=self.name,
            infer_outputs=outputs,
            response_id=payload.id or "none",
            use_binary_outputs=payload.use_binary_outputs,
        )

    def answer(self, tensor, payload):
        array = tensor.as_numpy()
        output = InferOutput(name=f"out_{tensor.name}", shape=list(array.shape), datatype=tensor.datatype)
        if tensor.datatype == "BYTES":
            texts = [item.decode() if isinstance(item, bytes) else item for item in array.flatten()]
            answer = np.array([text.upper().encode() for text in texts], dtype=object).reshape(array.shape)
        else:
            answer = array * np.array(2, dtype=array.dtype)
        output.set_data_from_numpy(answer, binary_data=payload.use_binary_outputs)
        return output


if __name__ == "__main__":
    ModelServer(http_port=int(sys.argv[1]), grpc_port=int(sys.argv[2]), workers=1).start([Doubler("doubler")])
