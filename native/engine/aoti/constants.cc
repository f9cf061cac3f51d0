#include "engine/aoti/constants.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

constexpr size_t kNamesShown = 8;
// What the compiler rounds the size of each constant up to.
constexpr size_t kAlignment = 64;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kNamesShown) text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  return text;
}

[[noreturn]] void refuse(const std::string& what, const std::string& remedy) {
  throw EngineError("ERR_MODEL_FORMAT",
                    "Expected a package that holds all its constants but " + what + "; " + remedy);
}

const std::string& label(const Constant& constant) {
  return constant.original_name.empty() ? constant.name : constant.original_name;
}

const StoredConstant* find(const CompiledPackage& package, const Constant& constant) {
  for (const StoredConstant& stored : package.constants)
    if (stored.name == constant.name || stored.name == constant.original_name) return &stored;
  return nullptr;
}

bool contains(const std::vector<std::string>& names, const Constant& constant) {
  return std::find(names.begin(), names.end(), constant.name) != names.end() ||
         std::find(names.begin(), names.end(), constant.original_name) != names.end();
}

// Empty where the stored bytes are what the code was compiled for. Sizes may be so large that products
// overflow.
std::string fault(const StoredConstant& stored, const Constant& constant) {
  if (scalar_type_of(stored.dtype) != constant.dtype) {
    const std::optional<DType> wanted = dtype_of(constant.dtype);
    return std::string(dtype_name(stored.dtype)) + " instead of " +
           (wanted ? dtype_name(*wanted) : "another dtype");
  }
  if (aligned(stored.bytes) != aligned(constant.bytes)) {
    return std::to_string(stored.bytes) + " bytes instead of " + std::to_string(constant.bytes);
  }
  double last = static_cast<double>(stored.offset);
  for (size_t axis = 0; axis < stored.shape.size(); ++axis) {
    if (stored.shape[axis] == 0) return "";
    last += static_cast<double>(stored.shape[axis] - 1) * static_cast<double>(stored.strides[axis]);
  }
  const auto end = (last + 1) * static_cast<double>(dtype_bytes(stored.dtype));
  return end > static_cast<double>(stored.bytes) ? "a shape that reaches beyond its bytes" : "";
}

// Compiled code reads up to the rounded size, so the memory is as large, with zeros behind the file's bytes.
at::Tensor read_bytes(const StoredConstant& stored) {
  at::Tensor bytes = at::zeros({static_cast<int64_t>(aligned(stored.bytes))}, at::kByte);
  std::ifstream file(stored.file, std::ios::binary);
  file.read(static_cast<char*>(bytes.mutable_data_ptr()), static_cast<std::streamsize>(stored.bytes));
  if (!file || static_cast<size_t>(file.gcount()) != stored.bytes)
    throw EngineError("ERR_MODEL_LOAD", "Expected to read the constant " + stored.name +
                                            " from the unpacked package, but its file cannot be read");
  return bytes;
}

}  // namespace

void complete_constants(AotiRunner& runner, const CompiledPackage& package, const c10::Device& device) {
  std::vector<std::string> missing;
  std::vector<std::string> pickled;
  std::vector<std::string> wrong;
  std::map<std::string, at::Tensor> files;  // tied weights share theirs
  std::unordered_map<std::string, at::Tensor> given;
  std::vector<Constant> constants = runner.constants();
  const auto is_missing = [](const Constant& constant) {
    return !constant.folded && !constant.tensor.defined();
  };
  if (!package.blob.empty() && std::any_of(constants.begin(), constants.end(), is_missing)) {
    runner.give_blob(package.blob, package.blob_bytes);
    constants = runner.constants();
  }
  for (const Constant& constant : constants) {
    if (!is_missing(constant)) continue;
    const StoredConstant* stored = find(package, constant);
    if (stored == nullptr) {
      (contains(package.pickled, constant) ? pickled : missing).push_back(label(constant));
      continue;
    }
    if (const std::string what = fault(*stored, constant); !what.empty()) {
      wrong.push_back(label(constant) + " (" + what + ")");
      continue;
    }
    at::Tensor& bytes = files[stored->file];
    if (!bytes.defined()) bytes = read_bytes(*stored).to(device);
    at::Tensor tensor = at::empty({0}, bytes.options().dtype(constant.dtype));
    tensor.set_(bytes.storage(), stored->offset, stored->shape, stored->strides);
    given.emplace(constant.name, std::move(tensor));
  }
  if (!pickled.empty()) {
    refuse("those of " + listed(pickled) + " are pickled, which only Python can read",
           "leave aot_inductor.package_constants_in_so on, or set package_constants_on_disk_format to "
           "\"binary_blob\" (docs/aotinductor.md)");
  }
  if (!missing.empty()) {
    refuse("it has none for " + listed(missing),
           "compile it with aot_inductor.package_constants_in_so left on (docs/aotinductor.md)");
  }
  if (!wrong.empty())
    refuse("has other ones than it was compiled for: " + listed(wrong), "package both anew");
  if (!given.empty()) runner.give_constants(std::move(given));
}

}  // namespace node_libtorch::engine
