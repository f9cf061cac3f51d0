"""What test/clients/peers.test.ts asks MLServer for: numbers doubled, strings in capitals."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Doubler(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        outputs = [self.answer(tensor) for tensor in payload.inputs]
        return InferenceResponse(id=payload.id, model_name=self.name, model_version=self.version, outputs=outputs)

    def answer(self, tensor):
        name = f"out_{tensor.name}"
        if tensor.datatype == "BYTES":
            return StringCodec.encode_output(name, [text.upper() for text in StringCodec.decode_input(tensor)])
        return NumpyCodec.encode_output(name, NumpyCodec.decode_input(tensor) * 2)
