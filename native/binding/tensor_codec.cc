#include "binding/tensor_codec.h"

#include <array>
#include <cstring>
#include <optional>

#include "binding/environment.h"
#include "binding/status.h"
#include "binding/value_codec.h"
#include "engine/error.h"

namespace node_libtorch::binding {
namespace {

using engine::DType;
using engine::EngineError;
using engine::TensorValue;

// Below this a copy is cheaper than an external buffer with its finalizer.
constexpr size_t kHandOverBytes = 64 * 1024;

// By DType: what the elements are on the JavaScript side.
constexpr std::array<napi_typedarray_type, engine::kDTypeCount> kArrayTypes{
    napi_float32_array,  napi_float64_array,   napi_uint16_array, napi_uint16_array, napi_int8_array,
    napi_uint8_array,    napi_int16_array,     napi_uint16_array, napi_int32_array,  napi_uint32_array,
    napi_bigint64_array, napi_biguint64_array, napi_uint8_array};
static_assert(kArrayTypes[static_cast<size_t>(DType::boolean)] == napi_uint8_array);
static_assert(kArrayTypes[static_cast<size_t>(DType::int64)] == napi_bigint64_array);

std::vector<int64_t> decode_shape(napi_env env, napi_value array, const std::string& where) {
  bool is_array = false;
  check(napi_is_array(env, array, &is_array));
  uint32_t rank = 0;
  if (is_array) check(napi_get_array_length(env, array, &rank));
  if (!is_array || rank > kMaxRank) {
    throw EngineError("ERR_INVALID_SHAPE",
                      "Expected an array of at most 32 dimensions for the shape of " + where);
  }
  std::vector<int64_t> shape(rank);
  for (uint32_t i = 0; i < rank; ++i) {
    napi_value item = nullptr;
    check(napi_get_element(env, array, i, &item));
    const double dimension = decode_number(env, item, "a dimension of " + where);
    if (!(dimension >= 0 && dimension <= static_cast<double>(kMaxSafeInteger)) ||
        dimension != static_cast<double>(static_cast<int64_t>(dimension))) {
      throw EngineError("ERR_INVALID_SHAPE", "Expected non-negative integers for the shape of " + where);
    }
    shape[i] = static_cast<int64_t>(dimension);
  }
  return shape;
}

// Bytes of a shape, empty on overflow. Zero-size tensors too: LibTorch multiplies the other dimensions for
// the strides.
std::optional<size_t> byte_count(const std::vector<int64_t>& shape, size_t element_bytes) {
  int64_t strides = static_cast<int64_t>(element_bytes);
  bool empty = false;
  for (const int64_t dimension : shape) {
    empty = empty || dimension == 0;
    if (__builtin_mul_overflow(strides, dimension == 0 ? 1 : dimension, &strides)) return std::nullopt;
  }
  return empty ? 0 : static_cast<size_t>(strides);
}

// A bool of any other byte than 0 and 1 is undefined behaviour in C++, and LibTorch counts with them.
void normalize_booleans(TensorValue& tensor) {
  auto* bytes = static_cast<uint8_t*>(tensor.data);
  for (size_t i = 0; i < tensor.bytes; ++i) bytes[i] = bytes[i] != 0 ? 1 : 0;
}

}  // namespace

TensorValue decode_tensor(napi_env env, napi_value object, const std::string& where) {
  const std::string dtype_text = decode_text(env, member(env, object, "dtype"), "the dtype of " + where);
  const std::optional<DType> dtype = engine::dtype_of_name(dtype_text);
  if (!dtype) throw EngineError("ERR_INVALID_DTYPE", "Expected a known dtype for " + where);

  std::vector<int64_t> shape = decode_shape(env, member(env, object, "shape"), where);
  return tensor_over(env, *dtype, std::move(shape), member(env, object, "data"), where);
}

TensorValue tensor_over(napi_env env, DType dtype, std::vector<int64_t> shape, napi_value array,
                        const std::string& where) {
  TensorValue tensor;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  const std::optional<size_t> bytes = byte_count(tensor.shape, engine::dtype_bytes(dtype));

  bool is_typed_array = false;
  check(napi_is_typedarray(env, array, &is_typed_array));
  napi_typedarray_type type{};
  size_t length = 0;
  void* data = nullptr;
  if (is_typed_array) check(napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr));
  if (!is_typed_array || type != kArrayTypes[static_cast<size_t>(dtype)]) {
    throw EngineError("ERR_INVALID_DTYPE", std::string("Expected the typed array of ") +
                                               engine::dtype_name(dtype) + " for the data of " + where);
  }
  // A detached buffer has length 0, so it ends here as well.
  const size_t given = length * engine::dtype_bytes(dtype);
  if (!bytes || given != *bytes) {
    throw EngineError("ERR_INVALID_SHAPE",
                      "Expected " + (bytes ? std::to_string(*bytes) : "fewer than 2^63") +
                          " bytes for the shape of " + where + " but received " + std::to_string(given));
  }
  tensor.bytes = *bytes;
  // A batch was gathered into memory of ours already (allocateBytes); everything else is copied here, once.
  tensor.owner = tensor.bytes > 0 ? Environment::of(env).owner_of(data) : nullptr;
  const bool gathered = tensor.owner != nullptr;
  if (!gathered) tensor.owner = engine::allocate_tensor_memory(tensor.bytes);
  tensor.data = tensor.owner.get();
  if (!gathered && tensor.bytes > 0) std::memcpy(tensor.data, data, tensor.bytes);
  if (tensor.dtype == DType::boolean) normalize_booleans(tensor);
  return tensor;
}

napi_value external_array_buffer(napi_env env, std::shared_ptr<void> owner, void* data, size_t bytes) {
  // Node may call the finalizer and then report a failure, or only report it; whether it did decides who
  // frees.
  struct Keeper {
    std::shared_ptr<void> owner;
    bool* released;
  };
  bool released = false;
  auto* keeper = new Keeper{std::move(owner), &released};
  const auto release = [](napi_env, void*, void* hint) {
    auto* done = static_cast<Keeper*>(hint);
    if (done->released != nullptr) *done->released = true;
    delete done;
  };
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, data, bytes, release, keeper, &buffer);
  if (!released) keeper->released = nullptr;
  if (status == napi_ok) return buffer;
  const std::unique_ptr<Keeper> kept(released ? nullptr : keeper);
  if (released || status != napi_no_external_buffers_allowed) throw NapiFailure{status};
  void* copy = nullptr;
  check(napi_create_arraybuffer(env, bytes, &copy, &buffer));
  std::memcpy(copy, data, bytes);
  return buffer;
}

napi_value encode_tensor(napi_env env, TensorValue tensor) {
  napi_value buffer = nullptr;
  if (tensor.bytes >= kHandOverBytes && !Environment::of(env).is_shared(tensor.data)) {
    buffer = external_array_buffer(env, std::move(tensor.owner), tensor.data, tensor.bytes);
  } else {
    void* copy = nullptr;
    check(napi_create_arraybuffer(env, tensor.bytes, &copy, &buffer));
    if (tensor.bytes > 0) std::memcpy(copy, tensor.data, tensor.bytes);
  }
  napi_value array = nullptr;
  check(napi_create_typedarray(env, kArrayTypes[static_cast<size_t>(tensor.dtype)],
                               tensor.bytes / engine::dtype_bytes(tensor.dtype), buffer, 0, &array));
  napi_value shape = nullptr;
  check(napi_create_array_with_length(env, tensor.shape.size(), &shape));
  for (uint32_t i = 0; i < tensor.shape.size(); ++i) {
    napi_value dimension = nullptr;
    check(napi_create_int64(env, tensor.shape[i], &dimension));
    check(napi_set_element(env, shape, i, dimension));
  }
  napi_value object = nullptr;
  check(napi_create_object(env, &object));
  check(napi_set_named_property(env, object, "dtype", encode_text(env, engine::dtype_name(tensor.dtype))));
  check(napi_set_named_property(env, object, "shape", shape));
  check(napi_set_named_property(env, object, "data", array));
  return object;
}

}  // namespace node_libtorch::binding
