#include "binding/flat_call.h"

#include <cstring>

#include "binding/status.h"
#include "binding/tensor_codec.h"
#include "binding/value_codec.h"
#include "engine/error.h"

namespace node_libtorch::binding {
namespace {

using engine::EngineError;
using engine::TensorValue;

struct Array {
  void* data = nullptr;
  size_t length = 0;
};

Array array_of(napi_env env, napi_value value, napi_typedarray_type wanted, const char* what) {
  bool is_array = false;
  check(napi_is_typedarray(env, value, &is_array));
  napi_typedarray_type type{};
  Array array;
  if (is_array)
    check(napi_get_typedarray_info(env, value, &type, &array.length, &array.data, nullptr, nullptr));
  if (!is_array || type != wanted) {
    throw EngineError("ERR_INVALID_ARGUMENT", std::string("Expected ") + what);
  }
  return array;
}

Array numbers_of(napi_env env, napi_value value) {
  return array_of(env, value, napi_float64_array, "a Float64Array for numbers");
}

// Each number is read once: another thread may write to shared memory meanwhile.
class Numbers {
 public:
  explicit Numbers(const Array& array) : at_(static_cast<const double*>(array.data)), left_(array.length) {}

  int64_t next(int64_t most, const char* code, const char* what) {
    double number = -1;
    if (left_ > 0) {
      std::memcpy(&number, at_++, sizeof number);
      --left_;
    }
    if (number >= 0 && number <= static_cast<double>(most)) {
      const auto integer = static_cast<int64_t>(number);
      if (static_cast<double>(integer) == number) return integer;
    }
    throw EngineError(code,
                      std::string("Expected an integer from 0 to ") + std::to_string(most) + " for " + what);
  }

 private:
  const double* at_;
  size_t left_;
};

}  // namespace

std::vector<std::optional<engine::Value>> decode_flat(const Napi::CallbackInfo& info, napi_value numbers,
                                                      size_t first) {
  const napi_env env = info.Env();
  Numbers given(numbers_of(env, numbers));
  const auto passed = static_cast<int64_t>(info.Length() > first ? info.Length() - first : 0);
  const int64_t count = given.next(passed, "ERR_INVALID_ARGUMENT", "the number of tensors");
  std::vector<std::optional<engine::Value>> arguments(static_cast<size_t>(count));
  for (size_t i = 0; i < arguments.size(); ++i) {
    const int64_t dtype = given.next(engine::kDTypeCount - 1, "ERR_INVALID_DTYPE", "a dtype");
    const int64_t rank = given.next(kMaxRank, "ERR_INVALID_SHAPE", "a rank");
    std::vector<int64_t> shape(static_cast<size_t>(rank));
    for (int64_t& dimension : shape)
      dimension = given.next(kMaxSafeInteger, "ERR_INVALID_SHAPE", "a dimension");
    arguments[i].emplace(engine::Value{tensor_over(env, static_cast<engine::DType>(dtype), std::move(shape),
                                                   info[first + i], "argument " + std::to_string(i))});
  }
  return arguments;
}

bool encode_flat(napi_env env, const Settlement& settlement, napi_value numbers, napi_value bytes) {
  if (settlement.error) return false;
  const auto* tensor = std::get_if<TensorValue>(&settlement.value.data);
  if (tensor == nullptr) return false;
  const Array out = numbers_of(env, numbers);
  const Array room = array_of(env, bytes, napi_uint8_array, "a Uint8Array for bytes");
  if (out.length < 4 + tensor->shape.size() || room.length < tensor->bytes) return false;
  auto* at = static_cast<double*>(out.data);
  *at++ = settlement.run_ms;
  *at++ = settlement.held_ms;
  *at++ = static_cast<double>(tensor->dtype);
  *at++ = static_cast<double>(tensor->shape.size());
  for (const int64_t dimension : tensor->shape) *at++ = static_cast<double>(dimension);
  if (tensor->bytes > 0) std::memcpy(room.data, tensor->data, tensor->bytes);
  return true;
}

}  // namespace node_libtorch::binding
