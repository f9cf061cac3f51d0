#include "engine/torchscript/signature.h"

#include <algorithm>
#include <set>

namespace node_libtorch::engine {
std::vector<std::string> exported_methods(const torch::jit::Module& module) {
  std::vector<std::string> names;
  for (const torch::jit::Method& method : module.get_methods()) {
    if (method.name().rfind("__", 0) != 0) names.push_back(method.name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

MethodInfo describe_method(const torch::jit::Method& method) {
  const c10::FunctionSchema& schema = method.function().getSchema();
  MethodInfo info{method.name(), {}, {}};
  for (size_t i = 1; i < schema.arguments().size(); ++i) {  // 0 is self
    const c10::Argument& argument = schema.arguments()[i];
    info.args.push_back(
        {argument.name(), argument.type()->annotation_str(), argument.default_value().has_value()});
  }
  for (const c10::Argument& result : schema.returns())
    info.returns.push_back(result.type()->annotation_str());
  return info;
}

int64_t parameter_bytes(const torch::jit::Module& module) {
  std::set<const void*> seen;
  int64_t bytes = 0;
  const auto add = [&](const at::Tensor& tensor) {
    if (!tensor.has_storage() || !seen.insert(tensor.storage().unsafeGetStorageImpl()).second) return;
    bytes += static_cast<int64_t>(tensor.storage().nbytes());
  };
  for (const at::Tensor& parameter : module.parameters()) add(parameter);
  for (const at::Tensor& buffer : module.buffers()) add(buffer);
  return bytes;
}

}  // namespace node_libtorch::engine
