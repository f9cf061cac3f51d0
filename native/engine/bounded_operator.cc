#include "engine/bounded_operator.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <set>
#include <string>

namespace node_libtorch::engine {
namespace {

// Operators of the dispatcher, by their names without the namespace; those in place (`add_`) are the same.
// Left out, though common: `index` and `masked_*` (a mask decides how much is done), `repeat_interleave`,
// `where` of a condition alone, recurrent layers over packed sequences, polynomials whose degree is an
// element.
const std::set<std::string>& bounded() {
  static const std::set<std::string> names = {
      // Arithmetic on each element.
      "abs", "absolute", "acos", "add", "addcdiv", "addcmul", "asin", "atan", "atan2", "bitwise_and",
      "bitwise_not", "bitwise_or", "bitwise_xor", "ceil", "clamp", "clamp_max", "clamp_min", "clip", "cos",
      "cosh", "div", "divide", "erf", "exp", "exp2", "expm1", "floor", "fmod", "frac", "lerp", "log", "log10",
      "log1p", "log2", "logical_and", "logical_not", "logical_or", "logical_xor", "maximum", "minimum", "mul",
      "multiply", "neg", "negative", "pow", "reciprocal", "remainder", "round", "rsqrt", "rsub", "sign",
      "sin", "sinh", "sqrt", "square", "sub", "subtract", "tan", "trunc", "eq", "ge", "gt", "le", "lt", "ne",
      "isnan", "isinf", "isfinite", "nan_to_num",
      // Activations.
      "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu",
      "log_sigmoid", "log_softmax", "_log_softmax", "mish", "prelu", "relu", "relu6", "selu", "sigmoid",
      "silu", "softmax", "_softmax", "softplus", "softshrink", "softsign", "tanh", "threshold", "dropout",
      "feature_dropout", "alpha_dropout",
      // Layers.
      "_convolution", "addbmm", "addmm", "addmv", "avg_pool1d", "avg_pool2d", "avg_pool3d",
      "adaptive_avg_pool1d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d", "adaptive_max_pool1d",
      "adaptive_max_pool2d", "baddbmm", "batch_norm", "native_batch_norm",
      "_native_batch_norm_legit_no_training", "bilinear", "bmm", "conv1d", "conv2d", "conv3d",
      "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution", "dot", "einsum", "embedding",
      "group_norm", "native_group_norm", "instance_norm", "layer_norm", "native_layer_norm", "rms_norm",
      "linear", "matmul", "max_pool1d", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "mm", "mv",
      "outer", "pixel_shuffle", "pixel_unshuffle", "scaled_dot_product_attention",
      "_scaled_dot_product_flash_attention_for_cpu", "upsample_bilinear2d", "upsample_nearest1d",
      "upsample_nearest2d", "cosine_similarity", "normalize",
      // Over dimensions.
      "all", "amax", "amin", "any", "argmax", "argmin", "cumprod", "cumsum", "logsumexp", "max", "mean",
      "median", "min", "norm", "linalg_vector_norm", "prod", "sort", "std", "std_mean", "sum", "topk", "var",
      "var_mean",
      // Forms and copies.
      "alias", "as_strided", "broadcast_tensors", "cat", "channel_shuffle", "chunk", "clone", "concat",
      "concatenate", "constant_pad_nd", "contiguous", "detach", "diagonal", "expand", "expand_as", "flatten",
      "flip", "gather", "hstack", "index_select", "lift_fresh_copy", "movedim", "narrow", "one_hot", "pad",
      "permute", "repeat", "reshape", "reshape_as", "roll", "select", "slice", "split", "split_with_sizes",
      "squeeze", "stack", "swapaxes", "t", "tensor_split", "tile", "to", "_to_copy", "transpose", "tril",
      "triu", "type_as", "unbind", "unflatten", "unfold", "unsqueeze", "view", "view_as", "vstack",
      "_unsafe_view", "_reshape_alias", "where",
      // New tensors.
      "arange", "empty", "empty_like", "eye", "full", "full_like", "linspace", "new_empty", "new_full",
      "new_ones", "new_zeros", "ones", "ones_like", "scalar_tensor", "zeros", "zeros_like"};
  return names;
}

// Overloads of those that take something else from a tensor's elements.
bool reads_elements(const std::string& name, const std::string& overload) {
  if (name == "where") return overload.empty();
  return name == "tensor_split" && overload == "tensor_indices_or_sections";
}

// They look at a tensor's form. The dispatcher does not know all of them: some are TorchScript's own.
const std::set<std::string>& looks_at_form() {
  static const std::set<std::string> names = {
      "size",   "len",    "dim",           "numel",    "stride",    "is_floating_point", "is_complex",
      "device", "layout", "is_contiguous", "sym_size", "sym_numel", "sym_stride"};
  return names;
}

bool holds_tensors(const c10::TypePtr& type) {
  if (type->kind() == c10::TypeKind::TensorType) return true;
  const auto contained = type->containedTypes();
  return std::any_of(contained.begin(), contained.end(), holds_tensors);
}

}  // namespace

bool is_bounded_operator(const c10::FunctionSchema& schema) {
  const c10::OperatorName& full = schema.operator_name();
  if (full.getNamespace() != "aten") return false;
  std::string name = full.name.substr(full.name.find("::") + 2);
  if (looks_at_form().count(name) > 0) return true;
  const auto found = c10::Dispatcher::singleton().findSchema(full);
  if (!found) {
    if (name == "warn" || name == "wait" || name == "save") return false;
    const auto& arguments = schema.arguments();
    return std::none_of(arguments.begin(), arguments.end(),
                        [](const c10::Argument& argument) { return holds_tensors(argument.type()); });
  }
  if (found->hasTag(at::Tag::dynamic_output_shape) || found->hasTag(at::Tag::data_dependent_output))
    return false;
  if (name.size() > 1 && name.back() == '_') name.pop_back();
  return bounded().count(name) > 0 && !reads_elements(name, full.overload_name);
}

}  // namespace node_libtorch::engine
