#include "engine/export/schema.h"

#include <utility>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

template <typename T, size_t N>
T find(const std::pair<int64_t, T> (&table)[N], int64_t number, const char* what) {
  for (const auto& [known, value] : table) {
    if (known == number) return value;
  }
  throw EngineError("ERR_MODEL_FORMAT", std::string("Expected a ") + what +
                                            " that this version knows in the exported program but received " +
                                            std::to_string(number));
}

constexpr std::pair<int64_t, at::ScalarType> kScalarTypes[] = {
    {1, at::kByte},
    {2, at::kChar},
    {3, at::kShort},
    {4, at::kInt},
    {5, at::kLong},
    {6, at::kHalf},
    {7, at::kFloat},
    {8, at::kDouble},
    {9, at::kComplexHalf},
    {10, at::kComplexFloat},
    {11, at::kComplexDouble},
    {12, at::kBool},
    {13, at::kBFloat16},
    {28, at::kUInt16},
    {29, at::kFloat8_e4m3fn},
    {30, at::kFloat8_e5m2},
    {31, at::kFloat8_e4m3fnuz},
    {32, at::kFloat8_e5m2fnuz},
    {34, at::kUInt32},
    {35, at::kUInt64},
};

constexpr std::pair<int64_t, at::Layout> kLayouts[] = {{7, at::kStrided}};

constexpr std::pair<int64_t, at::MemoryFormat> kMemoryFormats[] = {
    {1, at::MemoryFormat::Contiguous},
    {2, at::MemoryFormat::ChannelsLast},
    {3, at::MemoryFormat::ChannelsLast3d},
    {4, at::MemoryFormat::Preserve},
};

constexpr size_t kMostDimensions = 64;  // as LibTorch's own kernels

}  // namespace

at::ScalarType scalar_type_of_schema(int64_t number) { return find(kScalarTypes, number, "dtype"); }
at::Layout layout_of_schema(int64_t number) { return find(kLayouts, number, "layout (strided)"); }
at::MemoryFormat memory_format_of_schema(int64_t number) {
  return find(kMemoryFormats, number, "memory format");
}

namespace {

std::optional<int64_t> fixed(const Json& size, std::string* expression) {
  const auto& [tag, value] = size.only("a size");
  if (tag == "as_int") return value.integer("a size");
  if (tag != "as_expr") throw EngineError("ERR_MODEL_FORMAT", "Expected as_int or as_expr for a size");
  if (expression != nullptr) *expression = value.at("expr_str").text("an expression");
  return std::nullopt;
}

}  // namespace

TensorMeta read_tensor_meta(const Json& meta) {
  TensorMeta read;
  read.dtype = scalar_type_of_schema(meta.at("dtype").integer("a dtype"));
  read.layout = layout_of_schema(meta.at("layout").integer("a layout"));
  const Json* requires_grad = meta.find("requires_grad");
  read.requires_grad = requires_grad != nullptr && requires_grad->boolean("requires_grad");
  for (const Json& size : meta.at("sizes").array("sizes")) {
    std::string expression;
    read.sizes.push_back(fixed(size, &expression));
    read.expressions.push_back(std::move(expression));
  }
  for (const Json& stride : meta.at("strides").array("strides"))
    read.strides.push_back(fixed(stride, nullptr));
  read.offset = fixed(meta.at("storage_offset"), nullptr);
  if (read.sizes.size() > kMostDimensions || read.strides.size() != read.sizes.size()) {
    throw EngineError(
        "ERR_MODEL_FORMAT",
        "Expected at most 64 sizes of a tensor, and a stride for each, in the exported program");
  }
  return read;
}

}  // namespace node_libtorch::engine
