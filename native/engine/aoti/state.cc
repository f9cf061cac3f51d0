#include "engine/aoti/state.h"

#include <ATen/Functions.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <cstring>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

// Operators that are no PyTorch's own say in their schema what they write to.
std::string written_by_operators(const CompiledPackage& package) {
  for (const std::string& op : package.operators) {
    const size_t dot = op.find('.');
    const c10::OperatorName name(op.substr(0, dot), dot == std::string::npos ? "" : op.substr(dot + 1));
    const auto schema = c10::Dispatcher::singleton().findSchema(name);
    if (!schema)
      return "it gives constants to the operator " + op + ", which is not known here and may write to them";
    if (schema->schema().is_mutable())
      return "it gives constants to the operator " + op + ", which writes to its arguments";
  }
  return "";
}

at::Tensor made_up(const InputCheck& input, const std::vector<Symbol>& symbols, int value,
                   const c10::Device& device) {
  std::vector<int64_t> shape;
  for (const Extent& extent : input.shape) {
    int64_t size = extent.offset;
    if (extent.symbol >= 0) {
      const Symbol& symbol = symbols[static_cast<size_t>(extent.symbol)];
      size += extent.scale * std::min(std::max<int64_t>(2, symbol.min), symbol.max);
    }
    shape.push_back(std::max<int64_t>(0, size));
  }
  std::vector<int64_t> sizes;
  std::vector<int64_t> inverse(input.order.size());
  for (size_t i = 0; i < input.order.size(); ++i) {
    sizes.push_back(shape[static_cast<size_t>(input.order[i])]);
    inverse[static_cast<size_t>(input.order[i])] = static_cast<int64_t>(i);
  }
  return at::full(sizes, value, at::device(device).dtype(scalar_type_of(input.dtype))).permute(inverse);
}

std::vector<at::Tensor> bytes_of(const AotiRunner& runner) {
  std::vector<at::Tensor> bytes;
  for (const Constant& constant : runner.constants()) {
    // Prepacked weights have no bytes to compare; no operator writes to them.
    if (!constant.tensor.defined() || constant.tensor.layout() != c10::kStrided) continue;
    bytes.push_back(constant.tensor.to(c10::kCPU).contiguous().clone());
  }
  return bytes;
}

bool same(const std::vector<at::Tensor>& before, const std::vector<at::Tensor>& after) {
  return std::equal(
      before.begin(), before.end(), after.begin(), after.end(), [](const at::Tensor& a, const at::Tensor& b) {
        return a.nbytes() == b.nbytes() &&
               (a.nbytes() == 0 || std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0);
      });
}

std::string changed_by_runs(const CompiledPackage& package, const c10::Device& device,
                            const OpenRunner& open) {
  const std::unique_ptr<AotiRunner> copy = open();
  const std::vector<at::Tensor> before = bytes_of(*copy);
  for (const int value : {0, 1}) {
    std::vector<at::Tensor> inputs;
    for (const InputCheck& input : package.inputs)
      inputs.push_back(made_up(input, package.symbols, value, device));
    try {
      copy->run(inputs);
    } catch (const EngineError& error) {
      return "whether it changes its buffers could not be told: a run on made-up inputs failed (" +
             error.message() + ")";
    }
    if (!same(before, bytes_of(*copy))) return "it changes its buffers when it runs";
  }
  return "";
}

}  // namespace

std::string state_of(const AotiRunner& opened, const CompiledPackage& package, const c10::Device& device,
                     const OpenRunner& open) {
  if (package.state == KnownState::kept) return package.stateful_reason;
  if (package.state == KnownState::unknown)
    return opened.constants().empty() ? "" : changed_by_runs(package, device, open);
  return written_by_operators(package);
}

}  // namespace node_libtorch::engine
