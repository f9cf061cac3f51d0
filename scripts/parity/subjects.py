"""The functions and modules that are compared."""

from torch import Tensor, nn

from subject import ALL, F32, F64, FLOATS, INTS, UINTS, WHOLE, Subject
from subject import function as f
from subject import module as m

ONE = ((2, 3),)
DEEP = ((2, 3, 4),)
SCALAR = ((),)
EMPTY = ((0, 3),)
PAIR = ((2, 3), (2, 3))
SPREAD = ((2, 1, 3), (4, 1))  # broadcast against each other
IMAGE = ((2, 3, 8, 8),)
NUMBERS = FLOATS + INTS
SINGLE = (F32, F64)

POINTWISE = [
    f("add", "x + y", "x y", ALL, PAIR, SPREAD),
    f("sub", "x - y", "x y", NUMBERS, PAIR, SPREAD),
    f("mul", "x * y", "x y", ALL, PAIR, SPREAD),
    f("div", "x / p", "x p", NUMBERS, PAIR, SPREAD),
    f("floor divide", "torch.div(x, p, rounding_mode='floor')", "x p", NUMBERS, PAIR),
    f("remainder", "torch.remainder(x, p)", "x p", NUMBERS, PAIR),
    f("pow", "torch.pow(p, 2)", "p", NUMBERS, ONE),
    f("neg", "-x", "x", NUMBERS, ONE, SCALAR, EMPTY),
    f("abs", "torch.abs(x)", "x", NUMBERS, ONE, SCALAR),
    f("sign", "torch.sign(x)", "x", NUMBERS, ONE),
    f("exp", "torch.exp(x)", "x", FLOATS, ONE, SCALAR, EMPTY),
    f("log", "torch.log(p)", "p", FLOATS, ONE),
    f("sqrt", "torch.sqrt(p)", "p", FLOATS, ONE),
    f("rsqrt", "torch.rsqrt(p)", "p", FLOATS, ONE),
    f("sin and cos", "(torch.sin(x), torch.cos(x))", "x", FLOATS, ONE),
    f("atan2", "torch.atan2(x, p)", "x p", FLOATS, PAIR),
    f("tanh", "torch.tanh(x)", "x", FLOATS, ONE, DEEP, rows=True),
    f("sigmoid", "torch.sigmoid(x)", "x", FLOATS, ONE, DEEP, rows=True),
    f("erf", "torch.erf(x)", "x", FLOATS, ONE),
    f("relu", "torch.relu(x)", "x", NUMBERS, ONE, DEEP, rows=True),
    f("gelu", "F.gelu(x)", "x", FLOATS, ONE, rows=True),
    f("silu", "F.silu(x)", "x", FLOATS, ONE, rows=True),
    f("elu", "F.elu(x)", "x", FLOATS, ONE, rows=True),
    f("leaky relu", "F.leaky_relu(x, 0.1)", "x", FLOATS, ONE, rows=True),
    f("softplus", "F.softplus(x)", "x", FLOATS, ONE, rows=True),
    f("hardswish", "F.hardswish(x)", "x", FLOATS, ONE, rows=True),
    f("clamp", "torch.clamp(x, -1, 1)", "x", NUMBERS, ONE, EMPTY),
    f("round", "torch.round(x)", "x", FLOATS, ONE),
    f("floor and ceil", "(torch.floor(x), torch.ceil(x))", "x", FLOATS, ONE),
    f("maximum", "torch.maximum(x, y)", "x y", ALL, PAIR),
    f("where", "torch.where(m, x, y)", "m x y", ALL, ((2, 3), (2, 3), (2, 3)), ((3,), (2, 1), ())),
    f("masked fill", "x.masked_fill(m, 1)", "x m", ALL, PAIR),
    f("lerp", "torch.lerp(x, y, u)", "x y u", FLOATS, ((2, 3), (2, 3), (2, 3))),
    f("isfinite", "torch.isfinite(torch.log(x))", "x", FLOATS, ONE),
]
WHOLES = [
    f("compare", "(x == y, x != y, x < y, x >= y)", "x y", ALL, PAIR),
    f("logical", "(torch.logical_and(x, y), torch.logical_not(x))", "x y", ALL, PAIR),
    f("bitwise", "(x & y, x | y, x ^ y, ~x)", "x y", WHOLE + UINTS, PAIR, SPREAD),
    f("shift", "(p << 2, p >> 1)", "p", INTS, ONE),
    f("to float32", "x.to(torch.float32)", "x", ALL + UINTS, ONE, SCALAR, EMPTY),
    f("to int64", "x.to(torch.int64)", "x", ALL + UINTS, ONE),
    f("to float16", "x.to(torch.float16)", "x", ALL, ONE),
    f("to bool", "x.to(torch.bool)", "x", ALL, ONE),
]
REDUCTIONS = [
    f("sum", "(x.sum(), x.sum(1), x.sum(0, keepdim=True))", "x", ALL, ONE, DEEP, EMPTY),
    f("mean", "(x.mean(), x.mean(-1))", "x", FLOATS, ONE, DEEP),
    f("prod", "x.prod(1)", "x", NUMBERS, ONE),
    f("amax and amin", "(x.amax(-1), x.amin(0))", "x", ALL, ONE, DEEP),
    f("max with index", "(x.max(1)[0], x.max(1)[1])", "x", NUMBERS, ONE),
    f("argmax", "x.argmax(1)", "x", NUMBERS, ONE, DEEP),
    f("any and all", "(x.any(), x.all(1))", "x", ALL, ONE),
    f("std", "(x.std(1), x.var(0, unbiased=False))", "x", FLOATS, ONE),
    f("norm", "torch.linalg.vector_norm(x, dim=-1)", "x", FLOATS, ONE, DEEP),
    f("logsumexp", "torch.logsumexp(x, 1)", "x", FLOATS, ONE),
    f("cumsum", "torch.cumsum(x, 1)", "x", NUMBERS, ONE, EMPTY),
    f("softmax", "torch.softmax(x, -1)", "x", FLOATS, ONE, DEEP, rows=True),
    f("log softmax", "torch.log_softmax(x, 1)", "x", FLOATS, ONE, rows=True),
    f("sort", "(torch.sort(x, 1)[0],)", "x", NUMBERS, ONE, EMPTY),
    f("argsort", "torch.argsort(x, dim=1, stable=True)", "x", NUMBERS, ONE),
    f("topk", "(torch.topk(x, 2, 1)[0],)", "x", NUMBERS, ((2, 5),)),
]
MOVES = [
    f("reshape", "x.reshape(-1, 2)", "x", ALL, DEEP),
    f("transpose", "x.transpose(0, 1)", "x", ALL, ONE, DEEP),
    f("permute", "x.permute(2, 0, 1)", "x", ALL, DEEP),
    f("expand", "x.unsqueeze(0).expand(4, 2, 3)", "x", ALL, ONE),
    f("slice", "(x[:, 1:], x[:, ::2], x[-1])", "x", ALL, ONE, DEEP),
    f("cat", "torch.cat([x, y, x], 1)", "x y", ALL, PAIR, ((2, 0), (2, 3))),
    f("stack", "torch.stack([x, y])", "x y", ALL, PAIR, ((), ())),
    f("split", "torch.split(x, 2, 1)", "x", ALL, ONE, ((2, 4, 2),)),
    f("gather", "torch.gather(x, 1, i)", "x i", ALL, PAIR),
    f("scatter", "torch.scatter(x, 1, i, y)", "x i y", FLOATS + INTS, ((2, 3), (2, 1), (2, 1))),
    f("index select", "torch.index_select(x, 0, i)", "x i", ALL, ((2, 3), (5,))),
    f("index", "x[i]", "x i", ALL, ((2, 3), (2, 2))),
    f("flip", "torch.flip(x, [0, 1])", "x", ALL, ONE),
    f("roll", "torch.roll(x, 1, 1)", "x", ALL, ONE),
    f("pad", "F.pad(x, [1, 2])", "x", ALL, ONE),
    f("repeat", "x.repeat(2, 3)", "x", ALL, ONE),
    f("tril", "torch.tril(x)", "x", ALL, ONE),
    f("one hot", "F.one_hot(i, 4)", "i", (F32,), ((2, 3),)),
    f("arange of a size", "x + torch.arange(x.size(1), dtype=x.dtype)", "x", NUMBERS, ONE),
    f("nonzero", "torch.nonzero(x)", "x", (F32,) + WHOLE, ONE),
    f("masked select", "torch.masked_select(x, m)", "x m", (F32, *WHOLE), PAIR),
]
PRODUCTS = [
    f("matmul", "x @ y", "x y", NUMBERS, ((2, 3), (3, 4)), ((2, 2, 3), (2, 3, 1)), ((3,), (3,))),
    f("bmm", "torch.bmm(x, y)", "x y", FLOATS, ((2, 3, 4), (2, 4, 2))),
    f("einsum", "torch.einsum('bij,bkj->bik', x, y)", "x y", FLOATS, ((2, 3, 4), (2, 5, 4))),
    f("outer", "torch.outer(x, y)", "x y", NUMBERS, ((2,), (3,))),
    f("cosine similarity", "F.cosine_similarity(x, y)", "x y", FLOATS, PAIR),
    f("normalize", "F.normalize(x)", "x", FLOATS, ONE, rows=True),
    f("cdist", "torch.cdist(x, y)", "x y", SINGLE, ((2, 3), (4, 3))),
    f("attention", "F.scaled_dot_product_attention(x, y, y)", "x y", FLOATS, ((2, 2, 3, 4), (2, 2, 5, 4))),
    f("interpolate", "F.interpolate(x, scale_factor=2.0, mode='bilinear')", "x", FLOATS, IMAGE),
    f("grid sample", "F.grid_sample(x, y, align_corners=False)", "x y", SINGLE, ((2, 3, 8, 8), (2, 4, 4, 2))),
    f("pixel shuffle", "F.pixel_shuffle(x, 2)", "x", FLOATS, ((2, 4, 3, 3),)),
    f("unfold", "F.unfold(x, 3)", "x", FLOATS, IMAGE),
    f("inverse", "torch.linalg.inv(x @ x.mT + torch.eye(3, dtype=x.dtype))", "x", SINGLE, ((3, 3),)),
    f("fft", "torch.fft.rfft(x).abs()", "x", SINGLE, ((2, 8),)),
]


class Recurrent(nn.Module):
    """What a recurrent layer gives, as a flat tuple."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0]


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x, x, x, need_weights=False)[0]


def encoder() -> nn.Module:
    return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


SEQUENCE = ((2, 5, 8),)
MODULES = [
    m("Linear", lambda: nn.Linear(3, 4), "x", ONE, ((2, 5, 3),), rows=True),
    m("Bilinear", lambda: nn.Bilinear(3, 3, 2), "x y", PAIR),
    m("Embedding", lambda: nn.Embedding(4, 3), "i", ((2, 3),), limit=4, rows=True),
    m("EmbeddingBag", lambda: nn.EmbeddingBag(4, 3, mode="mean"), "i", ((2, 3),), limit=4),
    m("Conv1d", lambda: nn.Conv1d(3, 4, 3, padding=1), "x", ((2, 3, 8),), rows=True),
    m("Conv2d", lambda: nn.Conv2d(3, 4, 3, stride=2), "x", IMAGE, rows=True),
    m("Conv2d, depthwise, dilated", lambda: nn.Conv2d(3, 6, 3, groups=3, dilation=2), "x", IMAGE, rows=True),
    m("Conv3d", lambda: nn.Conv3d(2, 3, 2), "x", ((2, 2, 4, 4, 4),)),
    m("ConvTranspose2d", lambda: nn.ConvTranspose2d(3, 2, 3, stride=2), "x", IMAGE),
    m("BatchNorm2d", lambda: nn.BatchNorm2d(3), "x", IMAGE, rows=True),
    m("LayerNorm", lambda: nn.LayerNorm(4), "x", DEEP, rows=True),
    m("GroupNorm", lambda: nn.GroupNorm(1, 3), "x", IMAGE, rows=True),
    m("InstanceNorm2d", lambda: nn.InstanceNorm2d(3), "x", IMAGE),
    m("RMSNorm", lambda: nn.RMSNorm(4), "x", DEEP, rows=True),
    m("PReLU", lambda: nn.PReLU(), "x", ONE, rows=True),
    m("MaxPool2d", lambda: nn.MaxPool2d(2), "x", IMAGE, rows=True),
    m("AvgPool2d", lambda: nn.AvgPool2d(2), "x", IMAGE, rows=True),
    m("AdaptiveAvgPool2d", lambda: nn.AdaptiveAvgPool2d(1), "x", IMAGE, rows=True),
    m("Dropout", lambda: nn.Dropout(0.5), "x", ONE, rows=True),
    m("Flatten", lambda: nn.Flatten(), "x", IMAGE, rows=True),
    m("Upsample", lambda: nn.Upsample(scale_factor=2.0), "x", IMAGE),
    m("LSTM", lambda: Recurrent(nn.LSTM(8, 4, batch_first=True)), "x", SEQUENCE, dtypes=(F32, F64)),
    m("GRU", lambda: Recurrent(nn.GRU(8, 4, batch_first=True)), "x", SEQUENCE, dtypes=(F32, F64)),
    m("RNN", lambda: Recurrent(nn.RNN(8, 4, batch_first=True)), "x", SEQUENCE, dtypes=(F32, F64)),
    m("MultiheadAttention", Attention, "x", SEQUENCE, rows=True),
    m("TransformerEncoderLayer", encoder, "x", SEQUENCE),
    m("MLP", lambda: nn.Sequential(nn.Linear(3, 8), nn.GELU(), nn.Linear(8, 2)), "x", ONE, rows=True),
]

SUBJECTS: list[Subject] = [*POINTWISE, *WHOLES, *REDUCTIONS, *MOVES, *PRODUCTS, *MODULES]
