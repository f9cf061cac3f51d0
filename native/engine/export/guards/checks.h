// What the guards have in common, and those that the table names.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>

#include <vector>

namespace node_libtorch::engine::guards {

using Args = std::vector<c10::IValue>;

// Those of optional tensors that are not given are undefined.
inline at::Tensor tensor(const Args& args, size_t i) {
  return i < args.size() && args[i].isTensor() ? args[i].toTensor() : at::Tensor();
}

inline int64_t whole(const Args& args, size_t i) {
  TORCH_CHECK(i < args.size() && args[i].isInt(), "Expected a whole number");
  return args[i].toInt();
}

inline bool flag(const Args& args, size_t i) {
  return i < args.size() && args[i].isBool() && args[i].toBool();
}

inline std::vector<int64_t> numbers(const Args& args, size_t i) {
  return i < args.size() && args[i].isIntList() ? args[i].toIntVector() : std::vector<int64_t>();
}

// Whole numbers that lie in a tensor, on whatever device.
inline std::vector<int64_t> numbers(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.defined() && at::isIntegralType(tensor.scalar_type(), false), "Expected whole numbers");
  const at::Tensor plain = tensor.to(at::kCPU, at::kLong).contiguous();
  const int64_t* data = plain.const_data_ptr<int64_t>();
  return {data, data + plain.numel()};
}

inline void expect_sizes(const at::Tensor& tensor, at::IntArrayRef sizes, const char* what) {
  TORCH_CHECK(tensor.defined() && tensor.sizes() == sizes, "Expected ", what, " of the shape ", sizes,
              " but received ", tensor.defined() ? tensor.sizes() : at::IntArrayRef());
}

void batch_norm(const Args& args);
void weight_norm(const Args& args);
void weight_norm_interface(const Args& args);

void packed_convolution(const Args& args);

void lu_factors(const Args& args);
void lu_data(const Args& args);
void ldl_factors(const Args& args);

void attention(const Args& args);
void flash_attention(const Args& args);
void multi_head_attention(const Args& args);
void encoder_layer(const Args& args);

void lstm(const Args& args);
void packed_lstm(const Args& args);
void packed_rnn(const Args& args);
void unpack(const Args& args);
void mkldnn_lstm(const Args& args);

void embedding_bag(const Args& args);
void ctc_loss(const Args& args);

}  // namespace node_libtorch::engine::guards
