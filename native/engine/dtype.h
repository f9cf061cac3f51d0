// The dtypes of the contract, one table (dtype.cc); src/tensor/dtype.ts has the same names, and a test
// compares them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace c10 {
enum class ScalarType : int8_t;
}

namespace node_libtorch::engine {

enum class DType : uint8_t {
  float32,
  float64,
  float16,
  bfloat16,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  boolean,
};

inline constexpr size_t kDTypeCount = 13;

const char* dtype_name(DType dtype) noexcept;
size_t dtype_bytes(DType dtype) noexcept;
std::optional<DType> dtype_of_name(std::string_view name) noexcept;

c10::ScalarType scalar_type_of(DType dtype) noexcept;
// Empty for what the contract does not have: complex, quantized, float8.
std::optional<DType> dtype_of(c10::ScalarType type) noexcept;

}  // namespace node_libtorch::engine
