#include "engine/hints.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
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
// Where LibTorch does not say what the model computes with.
constexpr std::string_view kFloats =
    "The model computes with real numbers here, and integers were given: Tensor.from(values, 'float32')";
// Of more than embeddings: index_select says it in the same words.
constexpr std::string_view kUnknownId =
    "If these are ids, one is beyond the model's table: do they come from the vocabulary that the model "
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
    Hint{"not implemented for 'Long'", "", kFloats},
    Hint{"not implemented for 'Int'", "", kFloats},
    Hint{"not implemented for 'Byte'", "", kFloats},
    Hint{"must be either a floating point or complex dtype", "", kFloats},
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

// A dtype as LibTorch writes it: its own names, and those of C++.
struct TypeName {
  std::string_view name;
  // As JavaScript knows it; empty for integers.
  std::string_view dtype;
};

// The longer of two that begin alike comes first.
constexpr std::array kTypeNames{
    TypeName{"Long", ""},
    TypeName{"Int", ""},
    TypeName{"Short", ""},
    TypeName{"Char", ""},
    TypeName{"Byte", ""},
    TypeName{"long long", ""},
    TypeName{"long int", ""},
    TypeName{"long", ""},
    TypeName{"int", ""},
    TypeName{"short", ""},
    TypeName{"signed char", ""},
    TypeName{"unsigned char", ""},
    TypeName{"Float", "float32"},
    TypeName{"float", "float32"},
    TypeName{"Double", "float64"},
    TypeName{"double", "float64"},
    TypeName{"Half", "float16"},
    TypeName{"c10::Half", "float16"},
    TypeName{"BFloat16", "bfloat16"},
    TypeName{"c10::BFloat16", "bfloat16"},
};

// Takes the name at `text`'s beginning away; null where there is none.
const TypeName* take_type(std::string_view& text) {
  for (const TypeName& type : kTypeNames) {
    if (text.substr(0, type.name.size()) != type.name) continue;
    text.remove_prefix(type.name.size());
    return &type;
  }
  return nullptr;
}

// Two dtypes that LibTorch says do not fit, with what stands around them.
struct Mismatch {
  std::string_view before;
  std::string_view between;
  bool is_given_first;
};

constexpr std::array kMismatches{
    Mismatch{"same dtype, but got ", " and ", true},
    Mismatch{"same dtype, but got: ", " != ", true},
    Mismatch{"Input type (", ") and bias type (", true},
    Mismatch{"Input type (", ") and weight type (", true},
    Mismatch{"expected scalar type ", " but found ", false},
};

// Integers or float64 given to a model that computes with other real numbers. Empty for every other pair: a
// model mixes those by itself.
std::string dtype_hint(std::string_view message) {
  for (const Mismatch& mismatch : kMismatches) {
    const size_t at = message.find(mismatch.before);
    if (at == std::string_view::npos) continue;
    std::string_view rest = message.substr(at + mismatch.before.size());
    const TypeName* given = take_type(rest);
    if (given == nullptr || rest.substr(0, mismatch.between.size()) != mismatch.between) continue;
    rest.remove_prefix(mismatch.between.size());
    const TypeName* models = take_type(rest);
    if (models == nullptr) continue;
    if (!mismatch.is_given_first) std::swap(given, models);
    const std::string dtype(models->dtype);
    const bool is_integer = given->dtype.empty();
    if (dtype.empty() || dtype == given->dtype || (!is_integer && given->dtype != "float64")) continue;
    const bool is_single = !is_integer && dtype == "float32";
    return "The model computes with " + dtype + " here, and " +
           (is_integer ? "integers were given: " : "float64 was given: ") +
           (is_single ? "make it a Float32Array" : "Tensor.from(values, '" + dtype + "')");
  }
  return {};
}

// The refusal of a convolution over pictures: "expected input[1, 224, 224, 3] to have 3 channels, but got 224
// channels instead".
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
  return sizes.size() == 4 && channels >= 0 && sizes.back() == channels && sizes[1] != channels;
}

}  // namespace

std::string hint_for(std::string_view message) {
  if (has_channels_last(message)) return std::string(kChannelsLast);
  std::string of_dtypes = dtype_hint(message);
  if (!of_dtypes.empty()) return of_dtypes;
  for (const Hint& hint : kHints) {
    const bool fits = message.find(hint.first) != std::string_view::npos &&
                      message.find(hint.second) != std::string_view::npos;
    if (fits) return std::string(hint.advice);
  }
  return {};
}

}  // namespace node_libtorch::engine
