#include "engine/hints.h"

#include <array>
#include <cstdint>
#include <vector>

namespace node_libtorch::engine {
namespace {

struct Hint {
  // Both must be in the message.
  std::string_view first;
  std::string_view second;
  std::string_view advice;
};

constexpr std::string_view kIntegers =
    "The model takes integers here (ids, say), and numbers become float32 unless told otherwise: "
    "Tensor.from(ids, 'int64')";
constexpr std::string_view kFloats =
    "The model computes with float32 here, and integers were given: Tensor.from(values, 'float32')";
constexpr std::string_view kSingle =
    "The model computes with float32 here, and float64 was given: make it a Float32Array";
constexpr std::string_view kUnknownId =
    "An id is not in the model's table, which ends before it: do the ids come from the vocabulary that the "
    "model "
    "was trained with?";
constexpr std::string_view kCudaDevice =
    "The graph names a CUDA device, which this process does not have: trace or script the model on the "
    "CPU, "
    "and take the device from an input (x.device)";
constexpr std::string_view kGradient =
    "The model takes a gradient while it runs: load it with autograd: true (--autograd on)";
constexpr std::string_view kDimensions =
    "The shape has too few or too many dimensions; the first one is most often the batch: [1, ...] for "
    "one example";
constexpr std::string_view kChannelsLast =
    "The channels seem to come last (NHWC), and the model takes them before height and width (NCHW): "
    "[batch, channels, height, width]";

// THE TABLE; the first that fits is taken.
constexpr std::array kHints{
    Hint{"scalar types: Long, Int; but got", "Float", kIntegers},
    Hint{"scalar types: Long, Int; but got", "Double", kIntegers},
    Hint{"tensors used as indices must be", "", kIntegers},
    Hint{"xpected dtype int", "for index", kIntegers},
    Hint{"expected scalar type Long but found", "", kIntegers},
    Hint{"same dtype, but got Long and", "", kFloats},
    Hint{"same dtype, but got Int and", "", kFloats},
    Hint{"same dtype, but got Byte and", "", kFloats},
    Hint{"same dtype, but got: long int", "", kFloats},
    Hint{"same dtype, but got: int ", "", kFloats},
    Hint{"same dtype, but got: unsigned char", "", kFloats},
    Hint{"Input type (long int)", "should be the same", kFloats},
    Hint{"Input type (int)", "should be the same", kFloats},
    Hint{"Input type (unsigned char)", "should be the same", kFloats},
    Hint{"expected scalar type Float but found Long", "", kFloats},
    Hint{"expected scalar type Float but found Int", "", kFloats},
    Hint{"expected scalar type Float but found Byte", "", kFloats},
    Hint{"not implemented for 'Long'", "", kFloats},
    Hint{"not implemented for 'Int'", "", kFloats},
    Hint{"not implemented for 'Byte'", "", kFloats},
    Hint{"must be either a floating point or complex dtype", "", kFloats},
    Hint{"same dtype, but got Double and", "", kSingle},
    Hint{"same dtype, but got: double", "", kSingle},
    Hint{"Input type (double)", "should be the same", kSingle},
    Hint{"expected scalar type Float but found Double", "", kSingle},
    Hint{"index out of range in self", "", kUnknownId},
    Hint{"index out of bounds: 0 <= ", "", kUnknownId},
    Hint{"(unbatched)", "(batched)", kDimensions},
    Hint{"input (got", "D input)", kDimensions},
    Hint{"mat1 and mat2 shapes cannot be multiplied", "",
         "The last dimension of the input is not what the layer was made for, or the batch dimension is "
         "missing: "
         "[1, ...] for one example"},
    Hint{"Could not run '", "'CUDA' backend", kCudaDevice},
    Hint{"Torch not compiled with CUDA enabled", "", kCudaDevice},
    Hint{"PyTorch is not linked with support for cuda devices", "", kCudaDevice},
    Hint{"Cannot initialize CUDA", "", kCudaDevice},
    Hint{"Expected all tensors to be on the same device", "cuda",
         "The graph has a fixed device in it: trace the model on the device it is to run on, or take the "
         "device "
         "from an input (x.device)"},
    Hint{"does not require grad", "", kGradient},
    Hint{"Inference tensors cannot be saved for backward", "", kGradient},
    Hint{"does not have a grad_fn", "", kGradient},
};

// The digits that stand at `text`'s beginning, and no others; -1 where there are none.
int64_t number_at(std::string_view text) {
  int64_t value = -1;
  for (const char digit : text.substr(0, 15)) {
    if (digit < '0' || digit > '9') break;
    value = (value < 0 ? 0 : value * 10) + (digit - '0');
  }
  return value;
}

// A convolution's refusal: "expected input[1, 224, 224, 3] to have 3 channels, but got 224 channels instead".
bool has_channels_last(std::string_view message) {
  constexpr std::string_view kInput = "expected input[";
  constexpr std::string_view kHave = "] to have ";
  const size_t input = message.find(kInput);
  if (input == std::string_view::npos) return false;
  const std::string_view rest = message.substr(input + kInput.size());
  const size_t have = rest.find(kHave);
  if (have == std::string_view::npos) return false;
  std::vector<int64_t> sizes;
  const std::string_view list = rest.substr(0, have);
  for (size_t at = 0; at < list.size();) {
    sizes.push_back(number_at(list.substr(at)));
    const size_t comma = list.find(", ", at);
    at = comma == std::string_view::npos ? list.size() : comma + 2;
  }
  const int64_t channels = number_at(rest.substr(have + kHave.size()));
  return sizes.size() >= 3 && channels >= 0 && sizes.back() == channels && sizes[1] != channels;
}

}  // namespace

std::string_view hint_for(std::string_view message) {
  if (has_channels_last(message)) return kChannelsLast;
  for (const Hint& hint : kHints) {
    const bool fits = message.find(hint.first) != std::string_view::npos &&
                      message.find(hint.second) != std::string_view::npos;
    if (fits) return hint.advice;
  }
  return {};
}

}  // namespace node_libtorch::engine
