#include "engine/export/guards/checks.h"

namespace node_libtorch::engine::guards {

// (input, weight?, bias?, running_mean?, running_var?, …): the kernels read as many numbers as there are
// channels.
void batch_norm(const Args& args) {
  const at::Tensor input = tensor(args, 0);
  TORCH_CHECK(input.defined() && input.dim() >= 2 && at::isFloatingType(input.scalar_type()),
              "Expected floats with 2 dimensions or more as the input of a batch norm");
  const int64_t channels = input.size(1);
  for (size_t i = 1; i < 5; ++i) {
    const at::Tensor parameter = tensor(args, i);
    if (!parameter.defined()) continue;
    expect_sizes(parameter, {channels}, "a parameter of a batch norm");
    const at::ScalarType dtype = parameter.scalar_type();
    TORCH_CHECK(dtype == input.scalar_type() ||
                    (at::isReducedFloatingType(input.scalar_type()) && dtype == at::kFloat),
                "Expected parameters of a batch norm in its input's dtype");
  }
}

void weight_norm_interface(const Args& args) {
  const at::Tensor v = tensor(args, 0);
  const at::Tensor g = tensor(args, 1);
  const int64_t dim = whole(args, 2);
  TORCH_CHECK(v.dim() > 0 && (dim == 0 || dim == v.dim() - 1),
              "Expected the norm over the first or the last dimension");
  TORCH_CHECK(
      g.numel() == v.size(dim) && g.scalar_type() == v.scalar_type() && at::isFloatingType(v.scalar_type()),
      "Expected one norm for each of ", v.size(dim), " weights but received ", g.numel());
}

// Of other dimensions, operators that check everything compute it.
void weight_norm(const Args& args) {
  const at::Tensor v = tensor(args, 0);
  const int64_t dim = whole(args, 2);
  if (dim == 0 || dim == v.dim() - 1) weight_norm_interface(args);
}

}  // namespace node_libtorch::engine::guards
