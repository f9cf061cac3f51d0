#include "engine/export/guards/checks.h"

namespace node_libtorch::engine::guards {

// (input, weight, bias, padding, stride, dilation, groups, …) with a packed weight, which may have its groups
// as a dimension of its own: oneDNN believes what it is told, where aten::conv2d looks first.
void packed_convolution(const Args& args) {
  const at::Tensor input = tensor(args, 0);
  const at::Tensor weight = tensor(args, 1);
  TORCH_CHECK(input.defined() && input.dim() == 4 && input.scalar_type() == at::kFloat && input.numel() > 0,
              "Expected float32 images as a tensor of 4 dimensions for a packed convolution");
  const int64_t channels = weight.size(-3) * whole(args, 6);
  TORCH_CHECK(input.size(1) == channels, "Expected ", channels, " channels but received ", input.size(1));
  const std::vector<int64_t> padding = numbers(args, 3);
  const std::vector<int64_t> dilation = numbers(args, 5);
  for (size_t i = 0; i < 2; ++i) {
    const auto dim = static_cast<int64_t>(i);
    const int64_t padded = input.size(2 + dim) + 2 * padding[i];
    const int64_t wanted = dilation[i] * (weight.size(dim - 2) - 1) + 1;
    TORCH_CHECK(padded >= wanted, "Expected at least ", wanted, " pixels with padding but received ", padded);
  }
}

}  // namespace node_libtorch::engine::guards
