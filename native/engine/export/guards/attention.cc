#include "engine/export/guards/checks.h"

namespace node_libtorch::engine::guards {
namespace {

void expect_floats(const Args& args, size_t from, size_t to, at::ScalarType dtype) {
  for (size_t i = from; i < to; ++i) {
    const at::Tensor given = tensor(args, i);
    if (!given.defined()) continue;
    TORCH_CHECK(given.scalar_type() == dtype && at::isFloatingType(dtype),
                "Expected all tensors in one dtype of floats");
  }
}

// The mask of a transformer: [tokens, tokens], [rows, tokens] or [rows, heads, tokens, tokens].
void expect_mask(const Args& args, size_t mask, const at::Tensor& input, int64_t heads) {
  const at::Tensor given = tensor(args, mask);
  if (!given.defined()) return;
  const int64_t rows = input.size(0);
  const int64_t tokens = input.size(1);
  const int64_t type = args.size() > mask + 1 && args[mask + 1].isInt() ? args[mask + 1].toInt() : 0;
  if (type == 0) return expect_sizes(given, {tokens, tokens}, "a mask");
  if (type == 1) return expect_sizes(given, {rows, tokens}, "a mask");
  TORCH_CHECK(type == 2, "Expected a kind of mask from 0 to 2");
  expect_sizes(given, {rows, heads, tokens, tokens}, "a mask");
}

// From `at`: (embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias)
void expect_heads(const Args& args, size_t at, const at::Tensor& input) {
  const int64_t width = whole(args, at);
  const int64_t heads = whole(args, at + 1);
  TORCH_CHECK(input.defined() && input.dim() == 3 && !input.is_nested() && input.numel() > 0 &&
                  input.size(2) == width,
              "Expected rows of tokens with ", width, " numbers each");
  TORCH_CHECK(heads > 0 && width % heads == 0, "Expected heads that divide ", width, " but received ", heads);
  expect_sizes(tensor(args, at + 2), {3 * width, width}, "the weights of the projection");
  expect_sizes(tensor(args, at + 3), {3 * width}, "the bias of the projection");
  expect_sizes(tensor(args, at + 4), {width, width}, "the weights of the output");
  expect_sizes(tensor(args, at + 5), {width}, "the bias of the output");
}

}  // namespace

// (query, key, value, …): what chooses a kernel compares neither the numbers of keys and values nor their
// width.
void attention(const Args& args) {
  const at::Tensor query = tensor(args, 0);
  const at::Tensor key = tensor(args, 1);
  const at::Tensor value = tensor(args, 2);
  TORCH_CHECK(query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2,
              "Expected queries, keys and values of 2 dimensions or more");
  TORCH_CHECK(key.size(-2) == value.size(-2) && query.size(-1) == key.size(-1),
              "Expected as many keys as values, and queries as wide as keys, but received ", query.sizes(),
              ", ", key.sizes(), " and ", value.sizes());
}

// (query, key, value, dropout_p, is_causal, *, attn_mask?, scale?)
void flash_attention(const Args& args) {
  const at::Tensor query = tensor(args, 0);
  const at::Tensor key = tensor(args, 1);
  const at::Tensor value = tensor(args, 2);
  TORCH_CHECK(query.dim() == 4 && key.dim() == 4, "Expected queries and keys of 4 dimensions");
  TORCH_CHECK(query.numel() > 0 && key.numel() > 0 && key.sizes() == value.sizes() &&
                  query.size(0) == key.size(0) && query.size(1) % key.size(1) == 0 &&
                  query.size(3) == key.size(3),
              "Expected keys and values of the same shape that queries of the shape ", query.sizes(),
              " can look at but received ", key.sizes(), " and ", value.sizes());
  expect_floats(args, 0, 3, query.scalar_type());
  const at::Tensor mask = tensor(args, 5);
  if (!mask.defined()) return;
  const int64_t full[] = {query.size(0), query.size(1), query.size(2), key.size(2)};
  TORCH_CHECK(mask.dim() == 2 || mask.dim() == 4, "Expected a mask of 2 or 4 dimensions");
  for (int64_t dim = 1; dim <= mask.dim(); ++dim) {
    const int64_t size = mask.size(-dim);
    TORCH_CHECK(size == 1 || size == full[4 - dim], "Expected a mask that fits ", at::IntArrayRef(full),
                " but received ", mask.sizes());
  }
}

// (query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, mask?, need_weights,
//  average_attn_weights, mask_type?)
void multi_head_attention(const Args& args) {
  const at::Tensor query = tensor(args, 0);
  expect_heads(args, 3, query);
  expect_floats(args, 0, 3, query.scalar_type());
  expect_floats(args, 5, 9, query.scalar_type());
  expect_sizes(tensor(args, 1), query.sizes(), "keys");
  expect_sizes(tensor(args, 2), query.sizes(), "values");
  Args masked(args.begin(), args.begin() + 10);
  masked.push_back(args.size() > 12 ? args[12] : c10::IValue());
  expect_mask(masked, 9, query, whole(args, 4));
}

// (src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu, norm_first, eps,
// norm_weight_1,
//  norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1, ffn_bias_1, ffn_weight_2, ffn_bias_2, mask?,
//  mask_type?)
void encoder_layer(const Args& args) {
  const at::Tensor input = tensor(args, 0);
  expect_heads(args, 1, input);
  expect_floats(args, 0, 1, input.scalar_type());
  expect_floats(args, 3, 7, input.scalar_type());
  expect_floats(args, 10, 18, input.scalar_type());
  expect_mask(args, 18, input, whole(args, 2));
}

}  // namespace node_libtorch::engine::guards
