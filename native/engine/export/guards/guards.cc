#include "engine/export/guards/guards.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/export/guards/checks.h"

namespace node_libtorch::engine {
namespace guards {
namespace {

constexpr int64_t kMostPower = int64_t{1} << 31;
constexpr int64_t kMostCombined = 64;

// (self, dim, normalization, …)
void transform(const Args& args) {
  const int64_t rank = tensor(args, 0).dim();
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (const int64_t dim : numbers(args, 1)) {
    TORCH_CHECK(dim >= 0 && dim < rank && !seen[static_cast<size_t>(dim)], "Expected dimensions from 0 to ",
                rank - 1, ", each once, but received ", dim);
    seen[static_cast<size_t>(dim)] = true;
  }
  const int64_t normalization = whole(args, 2);
  TORCH_CHECK(normalization >= 0 && normalization <= 2, "Expected a normalization from 0 to 2");
}

void transform_from_real(const Args& args) {
  TORCH_CHECK(!numbers(args, 1).empty(), "Expected at least one dimension to transform");
  transform(args);
}

void transform_to_real(const Args& args) {
  transform_from_real(args);
  const int64_t size = tensor(args, 0).size(numbers(args, 1).back());
  const int64_t wanted = whole(args, 3);
  TORCH_CHECK(wanted >= 1 && size >= wanted / 2 + 1, "Expected at least ", wanted / 2 + 1,
              " frequencies for a signal of ", wanted, " but received ", size);
}

void distances(const Args& args) {
  TORCH_CHECK(tensor(args, 0).dim() == 2, "Expected points as a tensor of 2 dimensions");
}

// (self, output_size, align_corners, scales_h, scales_w): a scale that the sizes are not of leads past the
// input.
void antialiased(const Args& args) {
  const at::Tensor input = tensor(args, 0);
  const std::vector<int64_t> size = numbers(args, 1);
  TORCH_CHECK(input.dim() == 4 && size.size() == 2,
              "Expected images as a tensor of 4 dimensions, and 2 sizes");
  for (size_t i = 0; i < 2; ++i) {
    if (args.size() <= 3 + i || !args[3 + i].isDouble()) continue;
    const double scale = args[3 + i].toDouble();
    const double most = std::floor(static_cast<double>(input.size(static_cast<int64_t>(2 + i))) * scale) + 1;
    TORCH_CHECK(std::isfinite(scale) && scale > 0 && static_cast<double>(size[i]) <= most,
                "Expected an image of at most ", most, " for the scale ", scale, " but received ", size[i]);
  }
}

// (input, grid, interpolation, padding, align_corners): another number leaves the answer unwritten.
void sample_grid(const Args& args, int64_t modes) {
  const int64_t interpolation = whole(args, 2);
  const int64_t padding = whole(args, 3);
  TORCH_CHECK(interpolation >= 0 && interpolation < modes && padding >= 0 && padding < 3,
              "Expected an interpolation from 0 to ", modes - 1, " and a padding from 0 to 2");
}

void sample_images(const Args& args) { sample_grid(args, 3); }
void sample_volumes(const Args& args) { sample_grid(args, 2); }
void sample_any(const Args& args) { sample_grid(args, tensor(args, 0).dim() == 5 ? 2 : 3); }

void combinations(const Args& args) {
  const int64_t taken = whole(args, 1);
  TORCH_CHECK(taken >= 0 && taken <= kMostCombined, "Expected combinations of 0 to 64 elements");
}

void matrix_power(const Args& args) {
  const int64_t power = whole(args, 1);
  TORCH_CHECK(power >= -kMostPower && power <= kMostPower, "Expected a power from -2^31 to 2^31");
}

// LAPACK ends the process for a NaN.
void eigenvalues(const Args& args) {
  const at::Tensor matrix = tensor(args, 0);
  TORCH_CHECK(at::isfinite(matrix).all().item<bool>(), "Expected a matrix without NaN and infinities");
}

// (data, reduce, lengths?, indices?, offsets?, axis, unsafe, initial?): what the kernels leave out if told
// to.
void segments(const Args& args) {
  const at::Tensor data = tensor(args, 0);
  const int64_t axis = whole(args, 5);
  TORCH_CHECK(axis >= 0 && axis < data.dim(), "Expected an axis from 0 to ", data.dim() - 1);
  const bool by_offsets = tensor(args, 4).defined();
  const at::Tensor given = tensor(args, by_offsets ? 4 : 2);
  TORCH_CHECK(given.defined() && given.dim() == axis + 1 &&
                  given.sizes().slice(0, axis) == data.sizes().slice(0, axis),
              "Expected lengths or offsets of the sizes that the data have before the axis");
  const int64_t count = given.size(axis);
  TORCH_CHECK(!by_offsets || count > 0, "Expected at least one offset");
  int64_t at = 0;
  int64_t place = 0;
  for (const int64_t number : numbers(given)) {
    if (place++ % std::max<int64_t>(count, 1) == 0) at = 0;
    const int64_t next = by_offsets ? number : at + number;
    TORCH_CHECK(number >= 0 && number <= data.size(axis) && next >= at && next <= data.size(axis),
                "Expected segments within ", data.size(axis), " elements but received ", number);
    at = next;
  }
}

// Never ends for a NaN.
void draws(const Args& args) {
  TORCH_CHECK(at::isfinite(tensor(args, 0)).all().item<bool>(), "Expected counts without NaN and infinities");
}

// Processors stop at the smallest number divided by -1.
void whole_division(const Args& args) {
  const at::Tensor dividend = tensor(args, 0);
  if (args.size() < 3 || !args[2].isString() || args[2].toStringRef() != "trunc") return;
  if (!dividend.defined() || !at::isIntegralType(dividend.scalar_type(), false)) return;
  const bool is_tensor = args[1].isTensor();
  if (is_tensor && !at::isIntegralType(args[1].toTensor().scalar_type(), true)) return;
  if (!is_tensor && !args[1].isInt()) return;
  const bool may_stop = is_tensor ? args[1].toTensor().eq(-1).any().item<bool>() : args[1].toInt() == -1;
  if (!may_stop) return;
  const int64_t bits = dividend.element_size() * 8;
  const int64_t least = bits == 64 ? std::numeric_limits<int64_t>::min() : -(int64_t{1} << (bits - 1));
  TORCH_CHECK(!dividend.eq(least).any().item<bool>(), "Expected a quotient that the dtype has, but ", least,
              " is divided by -1");
}

// The processor stops at the smallest number divided by -1 here too.
void common_multiple(const Args& args) {
  for (size_t i = 0; i < 2; ++i) {
    const at::Tensor numbers = tensor(args, i);
    if (!numbers.defined() || !at::isIntegralType(numbers.scalar_type(), false)) continue;
    const int64_t bits = numbers.element_size() * 8;
    if (bits < 32) continue;
    const int64_t least = bits == 64 ? std::numeric_limits<int64_t>::min() : -(int64_t{1} << (bits - 1));
    TORCH_CHECK(!numbers.eq(least).any().item<bool>(), "Expected numbers whose absolute value the dtype has");
  }
}

// The kernel takes elements that stand at one place for elements side by side.
void median(const Args& args) {
  const at::Tensor self = tensor(args, 0);
  for (int64_t i = 0; i < self.dim(); ++i) {
    TORCH_CHECK(self.stride(i) != 0 || self.size(i) <= 1, "Expected no expanded tensor");
  }
}

// (self, mask, indices, …)
void masked_index(const Args& args) {
  TORCH_CHECK(!args[2].toListRef().empty(), "Expected indices");
  TORCH_CHECK(tensor(args, 1).scalar_type() == at::kBool, "Expected a mask of bools");
}

struct Row {
  std::string_view name;
  Guard guard;
};

// THE TABLE, by the operator or by one overload of it.
constexpr Row kGuards[] = {
    {"aten::_fft_c2c", transform},
    {"aten::_fft_c2r", transform_to_real},
    {"aten::_fft_r2c", transform_from_real},
    {"aten::_pdist_forward", distances},
    {"aten::_upsample_bicubic2d_aa.", antialiased},
    {"aten::_upsample_bilinear2d_aa.", antialiased},
    {"aten::_upsample_lanczos2d_aa.", antialiased},
    {"aten::grid_sampler", sample_any},
    {"aten::grid_sampler_2d", sample_images},
    {"aten::grid_sampler_3d", sample_volumes},
    {"aten::_unsafe_masked_index", masked_index},
    {"aten::_unsafe_masked_index_put_accumulate", masked_index},
    {"aten::combinations", combinations},
    {"aten::lcm", common_multiple},
    {"mkldnn::_convolution_pointwise", packed_convolution},
    {"aten::median.dim", median},
    {"aten::nanmedian.dim", median},
    {"aten::linalg_ldl_solve", ldl_factors},
    {"aten::linalg_lu_solve", lu_factors},
    {"aten::lu_solve", lu_data},
    {"aten::scaled_dot_product_attention", attention},
    {"aten::matrix_power", matrix_power},
    {"aten::linalg_matrix_power", matrix_power},
    {"aten::_linalg_eigvals", eigenvalues},
    {"aten::linalg_eigvals", eigenvalues},
    {"aten::segment_reduce", segments},
    {"aten::binomial", draws},
    {"aten::div", whole_division},
    {"aten::divide", whole_division},
    {"aten::_batch_norm_with_update", batch_norm},
    {"aten::_batch_norm_with_update_functional", batch_norm},
    {"aten::_native_batch_norm_legit", batch_norm},
    {"aten::_native_batch_norm_legit_functional", batch_norm},
    {"aten::_native_batch_norm_legit_no_training", batch_norm},
    {"aten::native_batch_norm", batch_norm},
    {"aten::_weight_norm", weight_norm},
    {"aten::_weight_norm_interface", weight_norm_interface},
    {"aten::_scaled_dot_product_flash_attention_for_cpu", flash_attention},
    {"aten::_native_multi_head_attention", multi_head_attention},
    {"aten::_transformer_encoder_layer_fwd", encoder_layer},
    {"aten::lstm.input", lstm},
    {"aten::lstm.data", packed_lstm},
    {"aten::gru.data", packed_rnn},
    {"aten::rnn_tanh.data", packed_rnn},
    {"aten::rnn_relu.data", packed_rnn},
    {"aten::_pad_packed_sequence", unpack},
    {"aten::mkldnn_rnn_layer", mkldnn_lstm},
    {"aten::embedding_bag", embedding_bag},
    {"aten::_embedding_bag", embedding_bag},
    {"aten::_embedding_bag_forward_only", embedding_bag},
    {"aten::ctc_loss", ctc_loss},
    {"aten::_ctc_loss", ctc_loss},
};

Guard row_of(std::string_view name) {
  for (const Row& row : kGuards) {
    if (row.name == name) return row.guard;
  }
  return nullptr;
}

}  // namespace
}  // namespace guards

Guard find_guard(std::string_view name) {
  if (const Guard guard = guards::row_of(name)) return guard;
  const size_t dot = name.find('.');
  std::string_view base = name.substr(0, dot);
  // A row that ends in a dot is of the overload without a name alone.
  if (dot == std::string_view::npos) {
    if (const Guard guard = guards::row_of(std::string(name) + ".")) return guard;
  }
  if (base.ends_with('_')) base.remove_suffix(1);
  return guards::row_of(base);
}

}  // namespace node_libtorch::engine
