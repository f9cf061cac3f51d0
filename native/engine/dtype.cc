#include "engine/dtype.h"

#include <c10/core/ScalarType.h>

#include <array>

namespace node_libtorch::engine {
namespace {

struct Row {
  DType dtype;
  const char* name;
  size_t bytes;
  c10::ScalarType scalar_type;
};

constexpr std::array<Row, kDTypeCount> kTable{{
    {DType::float32, "float32", 4, c10::ScalarType::Float},
    {DType::float64, "float64", 8, c10::ScalarType::Double},
    {DType::float16, "float16", 2, c10::ScalarType::Half},
    {DType::bfloat16, "bfloat16", 2, c10::ScalarType::BFloat16},
    {DType::int8, "int8", 1, c10::ScalarType::Char},
    {DType::uint8, "uint8", 1, c10::ScalarType::Byte},
    {DType::int16, "int16", 2, c10::ScalarType::Short},
    {DType::uint16, "uint16", 2, c10::ScalarType::UInt16},
    {DType::int32, "int32", 4, c10::ScalarType::Int},
    {DType::uint32, "uint32", 4, c10::ScalarType::UInt32},
    {DType::int64, "int64", 8, c10::ScalarType::Long},
    {DType::uint64, "uint64", 8, c10::ScalarType::UInt64},
    {DType::boolean, "bool", 1, c10::ScalarType::Bool},
}};

constexpr bool rows_follow_the_enum() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].dtype) != i) return false;
  }
  return true;
}
static_assert(rows_follow_the_enum());
static_assert(sizeof(bool) == 1);

const Row& row(DType dtype) noexcept { return kTable[static_cast<size_t>(dtype)]; }

}  // namespace

const char* dtype_name(DType dtype) noexcept { return row(dtype).name; }

size_t dtype_bytes(DType dtype) noexcept { return row(dtype).bytes; }

std::optional<DType> dtype_of_name(std::string_view name) noexcept {
  for (const Row& candidate : kTable) {
    if (name == candidate.name) return candidate.dtype;
  }
  return std::nullopt;
}

c10::ScalarType scalar_type_of(DType dtype) noexcept { return row(dtype).scalar_type; }

std::optional<DType> dtype_of(c10::ScalarType type) noexcept {
  for (const Row& candidate : kTable) {
    if (type == candidate.scalar_type) return candidate.dtype;
  }
  return std::nullopt;
}

}  // namespace node_libtorch::engine
