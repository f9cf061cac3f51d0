"""Known architectures with random weights, small where they are big, as exported programs: architectures.py FOLDER [NAME…].

Every model runs with several batch sizes, of which the export saw one; ids and sound also with several lengths. `custom` operators of
libraries, such as torchvision::nms, are none of PyTorch's, so detectors give boxes and scores before their selection.
"""

import exported  # noqa: I001  it sets the environment before PyTorch is there

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import timm  # noqa: E402
import torch  # noqa: E402
import transformers as hf  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.export import Dim  # noqa: E402
from torchvision import models as tv  # noqa: E402

import own_architectures as own  # noqa: E402

Made = tuple[nn.Module, list[list[Tensor]], Any]
BATCH = Dim("batch", min=1, max=64)
ROWS = (2, 1, 3)


class Answer(nn.Module):
    """Flat tensors in and out, instead of the classes that libraries answer with."""

    def __init__(self, inner: nn.Module, names: list[str], pick: Callable[[Any], Any]) -> None:
        super().__init__()
        self.inner = inner
        self.names = names
        self.pick = pick

    def forward(self, *tensors: Tensor) -> Any:
        return self.pick(self.inner(**dict(zip(self.names, tensors))))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def image(model: nn.Module, size: int = 64, channels: int = 3) -> Made:
    seeded = generator()
    calls = [[torch.rand(rows, channels, size, size, generator=seeded)] for rows in ROWS]
    return model, calls, ({0: BATCH},)


def video(model: nn.Module) -> Made:
    seeded = generator()
    return model, [[torch.rand(rows, 3, 4, 32, 32, generator=seeded)] for rows in ROWS], ({0: BATCH},)


def tokens(model: nn.Module, pick: Callable[[Any], Any], vocabulary: int = 100) -> Made:
    """Ids and their mask, of several lengths."""
    seeded = generator()
    calls = []
    for rows, length in zip(ROWS, (7, 12, 5)):
        ids = torch.randint(3, vocabulary, (rows, length), generator=seeded)
        mask = torch.ones_like(ids)
        mask[-1, length - 2 :] = 0
        calls.append([ids, mask])
    shapes = {0: BATCH, 1: Dim("length", min=2, max=30)}
    return Answer(model, ["input_ids", "attention_mask"], pick), calls, ((shapes, shapes),)


def sound(model: nn.Module, pick: Callable[[Any], Any]) -> Made:
    seeded = generator()
    calls = [[torch.randn(rows, samples, generator=seeded)] for rows, samples in zip(ROWS, (3200, 4000, 2000))]
    shapes = {0: BATCH, 1: Dim("samples", min=800, max=16000)}
    return Answer(model, ["input_values"], pick), calls, ((shapes,),)


def named(model: nn.Module, name: str, shape: tuple[int, ...], pick: Callable[[Any], Any]) -> Made:
    seeded = generator()
    calls = [[torch.rand(rows, *shape, generator=seeded)] for rows in ROWS]
    return Answer(model, [name], pick), calls, (({0: BATCH},),)


def hidden(answer: Any) -> Tensor:
    return answer.last_hidden_state


def logits(answer: Any) -> Tensor:
    return answer.logits


BERT = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100}
SMALL_VIT = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128, "image_size": 64, "patch_size": 16}


def t5() -> Made:
    return tokens(hf.T5EncoderModel(hf.T5Config(vocab_size=100, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4)), hidden)


def llama() -> Made:
    config = hf.LlamaConfig(
        vocab_size=100, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2
    )
    config.use_cache = False
    return tokens(hf.LlamaForCausalLM(config), logits)


def clip() -> Made:
    text = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 100, "eos_token_id": 99}
    vision = {**SMALL_VIT, "projection_dim": 32}
    model = hf.CLIPModel(hf.CLIPConfig(text_config={**text, "projection_dim": 32}, vision_config=vision, projection_dim=32))
    seeded = generator()
    calls = []
    for rows, texts in zip(ROWS, (3, 2, 1)):
        ids = torch.randint(3, 99, (texts, 6), generator=seeded)
        calls.append([ids, torch.ones_like(ids), torch.rand(rows, 3, 64, 64, generator=seeded)])
    ids = {0: Dim("texts", min=1, max=64)}
    wrapped = Answer(model, ["input_ids", "attention_mask", "pixel_values"], lambda answer: (answer.logits_per_image, answer.text_embeds))
    return wrapped, calls, ((ids, ids, {0: BATCH}),)


def gpt2() -> Made:
    """Its keys and values live in buffers of a fixed size, to which every call writes: one token a call, at one place more."""
    config = hf.GPT2Config(vocab_size=100, n_embd=64, n_layer=2, n_head=4, n_positions=32)
    model = own.StaticCache(hf.GPT2LMHeadModel(config).eval(), config, batch=2, length=16)
    seeded = generator()
    calls = [[torch.randint(0, 100, (2, 1), generator=seeded), torch.tensor([place])] for place in range(4)]
    return model, calls, (None, None)


def whisper() -> Made:
    config = hf.WhisperConfig(
        vocab_size=100, num_mel_bins=20, d_model=64, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=128, max_source_positions=50,
        decoder_layers=1, decoder_attention_heads=4, decoder_ffn_dim=128, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    return named(hf.WhisperModel(config).encoder, "input_features", (20, 100), hidden)


SPEECH = {
    "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128, "conv_dim": (32, 32, 32), "vocab_size": 32,
    "conv_kernel": (10, 3, 3), "conv_stride": (5, 2, 2), "num_feat_extract_layers": 3, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
}  # fmt: skip


def swin_small() -> nn.Module:
    return tv.swin_transformer.SwinTransformer(
        patch_size=[4, 4], embed_dim=24, depths=[2, 2], num_heads=[2, 4], window_size=[4, 4], num_classes=10
    )


def swin_v2_small() -> nn.Module:
    return tv.swin_transformer.SwinTransformer(
        patch_size=[4, 4], embed_dim=24, depths=[2, 2], num_heads=[2, 4], window_size=[4, 4], num_classes=10,
        block=tv.swin_transformer.SwinTransformerBlockV2, downsample_layer=tv.swin_transformer.PatchMergingV2,
    )  # fmt: skip


def convnext_small() -> nn.Module:
    setting = tv.convnext.CNBlockConfig
    return tv.ConvNeXt([setting(24, 48, 2), setting(48, 96, 2), setting(96, None, 2)], num_classes=10)


def segmentation(make: Callable[..., nn.Module]) -> Made:
    return image(own.Pick(make(weights=None, weights_backbone=None, num_classes=5), lambda answer: answer["out"]))


def timm_model(name: str, size: int = 64, **more: Any) -> Callable[[], Made]:
    return lambda: image(timm.create_model(name, pretrained=False, num_classes=10, **more), size)


ARCHITECTURES: dict[str, Callable[[], Made]] = {
    "ResNet-50": lambda: image(tv.resnet50(num_classes=10)),
    "ResNeXt-50": lambda: image(tv.resnext50_32x4d(num_classes=10)),
    "MobileNet-v2 (small)": lambda: image(tv.mobilenet_v2(num_classes=10, width_mult=0.5)),
    "MobileNet-v3-large": lambda: image(tv.mobilenet_v3_large(num_classes=10)),
    "EfficientNet-B0": lambda: image(tv.efficientnet_b0(num_classes=10)),
    "EfficientNet-v2-S": lambda: image(tv.efficientnet_v2_s(num_classes=10)),
    "ViT": lambda: image(tv.VisionTransformer(64, 16, 2, 4, 64, 128, num_classes=10)),
    "ConvNeXt": lambda: image(convnext_small()),
    "Swin": lambda: image(swin_small()),
    "Swin v2": lambda: image(swin_v2_small()),
    "RegNet-Y-400MF": lambda: image(tv.regnet_y_400mf(num_classes=10)),
    "DenseNet-121": lambda: image(tv.densenet121(num_classes=10)),
    "Inception-v3": lambda: image(tv.inception_v3(num_classes=10, aux_logits=False, init_weights=False), 80),
    "GoogLeNet": lambda: image(tv.googlenet(num_classes=10, aux_logits=False, init_weights=False)),
    "SqueezeNet 1.1": lambda: image(tv.squeezenet1_1(num_classes=10)),
    "ShuffleNet-v2": lambda: image(tv.shufflenet_v2_x0_5(num_classes=10)),
    "MNASNet": lambda: image(tv.mnasnet0_5(num_classes=10)),
    "AlexNet": lambda: image(tv.alexnet(num_classes=10)),
    "R3D-18 (video)": lambda: video(tv.video.r3d_18(num_classes=10)),
    "DeepLab-v3 (segmentation)": lambda: segmentation(tv.segmentation.deeplabv3_mobilenet_v3_large),
    "FCN (segmentation)": lambda: segmentation(tv.segmentation.fcn_resnet50),
    "LR-ASPP (segmentation)": lambda: segmentation(tv.segmentation.lraspp_mobilenet_v3_large),
    "SSD-lite (detection, before NMS)": lambda: image(own.ssd_lite(), 96),
    "RetinaNet (detection, before NMS)": lambda: image(own.dense_detector(tv.detection.retinanet_resnet50_fpn), 64),
    "FCOS (detection, before NMS)": lambda: image(own.dense_detector(tv.detection.fcos_resnet50_fpn), 64),
    "RAFT (optical flow)": own.raft,
    "U-Net": lambda: image(own.UNet(), 48),
    "VAE": lambda: image(own.Vae(), 32),
    "LSTM": own.lstm,
    "GRU, bidirectional": own.gru,
    "TCN": own.tcn,
    "Seq2seq Transformer": own.seq2seq,
    "DLRM": own.dlrm,
    "Graph convolution": own.graph,
    "Greedy decoder (cond, while_loop)": own.loops,
    "BERT": lambda: tokens(hf.BertModel(hf.BertConfig(**BERT)), hidden),
    "RoBERTa": lambda: tokens(hf.RobertaForSequenceClassification(hf.RobertaConfig(**BERT, max_position_embeddings=64)), logits),
    "ALBERT": lambda: tokens(hf.AlbertModel(hf.AlbertConfig(**BERT, embedding_size=32)), hidden),
    "ELECTRA": lambda: tokens(hf.ElectraModel(hf.ElectraConfig(**BERT, embedding_size=32)), hidden),
    "DistilBERT": lambda: tokens(hf.DistilBertModel(hf.DistilBertConfig(vocab_size=100, dim=64, n_layers=2, n_heads=4, hidden_dim=128)), hidden),
    "MPNet": lambda: tokens(hf.MPNetModel(hf.MPNetConfig(**BERT)), hidden),
    "T5 encoder": t5,
    "GPT-2 with a static KV cache": gpt2,
    "Llama": llama,
    "CLIP": clip,
    "Whisper encoder": whisper,
    "Wav2Vec2": lambda: sound(hf.Wav2Vec2ForCTC(hf.Wav2Vec2Config(**SPEECH)), logits),
    "HuBERT": lambda: sound(hf.HubertModel(hf.HubertConfig(**SPEECH)), hidden),
    "SegFormer": lambda: named(
        hf.SegformerForSemanticSegmentation(hf.SegformerConfig(hidden_sizes=[16, 32, 32, 64], decoder_hidden_size=32, num_labels=5)),
        "pixel_values", (3, 64, 64), logits,
    ),
    "DINOv2": lambda: named(
        hf.Dinov2Model(hf.Dinov2Config(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, image_size=56, patch_size=14)),
        "pixel_values", (3, 56, 56), hidden,
    ),
    "MLP-Mixer (timm)": timm_model("mixer_s32_224", 64, img_size=64),
    "ConvMixer (timm)": timm_model("convmixer_768_32"),
    "GhostNet (timm)": timm_model("ghostnet_050"),
    "MobileViT (timm)": timm_model("mobilevit_xxs"),
    "LeViT (timm)": timm_model("levit_128s", 224),
    "RepVGG (timm)": timm_model("repvgg_a0"),
    "CoAtNet (timm)": timm_model("coatnet_pico_rw_224", 224),
    "MaxViT (timm)": timm_model("maxvit_rmlp_pico_rw_256", 256),
    "XCiT (timm)": timm_model("xcit_nano_12_p16_224", 64),
    "EfficientFormer (timm)": timm_model("efficientformer_l1", 224),
    "PoolFormer (timm)": timm_model("poolformer_s12"),
    "NFNet (timm)": timm_model("dm_nfnet_f0", 64),
}  # fmt: skip


# PyTorch's own float32 is 2e-5 from its float64 there: scores of up to 26 after 50 convolutions.
TOLERANCES = {"FCN (segmentation)": 1e-4}


def trained(model: nn.Module) -> nn.Module:
    """Statistics and scales of their own: those of a new model leave everything as it is."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is not None:
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
    return model.eval()


def main() -> None:
    torch.set_num_threads(1)
    folder = exported.subfolder(Path(sys.argv[1])) / "architectures"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in ARCHITECTURES if len(sys.argv) < 3 or name in sys.argv[2:]]
    lines = []
    for name in wanted:
        torch.manual_seed(0)
        try:
            model, calls, shapes = ARCHITECTURES[name]()
            line = exported.model_unit(folder, name, trained(model), calls, shapes, TOLERANCES.get(name, 1e-5), file_name(name))
        except Exception as error:
            line = exported.skipped(name, error)
        lines.append(line)
        print(name + (": not exported" if '"skip"' in line else ""), file=sys.stderr, flush=True)
    root = Path(sys.argv[1])
    (root / "architectures.jsonl").write_text("".join(exported.placed(line, folder, root) for line in lines))


def file_name(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


if __name__ == "__main__":
    main()
