#include "engine/export/model.h"

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>

#include "engine/device/scope.h"
#include "engine/error.h"
#include "engine/export/interpreter.h"
#include "engine/export/load.h"
#include "engine/ivalue_codec.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

// What runs have written is taken back at the end of a scope: the warm-up leaves a model as it was. All bytes
// of their memory: a view may reach further than the weight, and a weight's elements may stand at one place.
class KeptWeights {
 public:
  explicit KeptWeights(const std::vector<at::Tensor>& written) {
    for (const at::Tensor& tensor : written) {
      const auto size = static_cast<int64_t>(tensor.storage().nbytes());
      if (size == 0) continue;
      bytes_.push_back(
          at::empty({0}, tensor.options().dtype(at::kByte)).set_(tensor.storage(), 0, {size}, {1}));
      copies_.push_back(bytes_.back().clone());
    }
  }
  ~KeptWeights() {
    try {
      for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i].copy_(copies_[i]);
    } catch (const std::exception&) {
      // The device has failed, which the next run says.
    }
  }
  KeptWeights(const KeptWeights&) = delete;
  KeptWeights& operator=(const KeptWeights&) = delete;

 private:
  std::vector<at::Tensor> bytes_;
  std::vector<at::Tensor> copies_;
};

class ExportModel : public Model {
 public:
  explicit ExportModel(LoadedProgram loaded)
      : loaded_(std::move(loaded)),
        placement_{c10::Device(loaded_.info.device.device), std::nullopt, std::nullopt} {}

  const ModelInfo& info() const override { return loaded_.info; }

  Value run(RunRequest request) const override {
    if (request.method != "forward") {
      throw EngineError("ERR_METHOD_NOT_FOUND",
                        "Expected the method forward but received \"" + request.method + "\"");
    }
    return on_device(placement_.device, "ERR_MODEL_EXECUTION", [&] {
      if (!request.scratch || loaded_.written.empty()) return run_here(request);
      // The worker is the only one: what keeps state has one instance.
      const KeptWeights kept(loaded_.written);
      return run_here(request);
    });
  }

 private:
  std::vector<IValue> arguments(RunRequest& request) const {
    const std::vector<std::string>& names = loaded_.signature.input_names;
    if (request.args.size() != names.size()) {
      throw EngineError("ERR_INVALID_INPUT", "Expected " + std::to_string(names.size()) +
                                                 " arguments of the exported program but received " +
                                                 std::to_string(request.args.size()));
    }
    std::vector<IValue> inputs;
    inputs.reserve(names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      if (!request.args[i]) {
        throw EngineError("ERR_INVALID_INPUT",
                          "Expected the argument \"" + names[i] + "\" but it is missing");
      }
      inputs.push_back(to_ivalue(*request.args[i], loaded_.signature.input_types[i], names[i], placement_));
    }
    return inputs;
  }

  Value run_here(RunRequest& request) const {
    std::vector<IValue> outputs = run_graph(loaded_.graph, arguments(request));
    for (const auto& [place, tensor] : loaded_.updates) tensor.copy_(outputs[place].toTensor());
    std::vector<IValue> results;
    results.reserve(loaded_.signature.results.size());
    for (const size_t place : loaded_.signature.results) results.push_back(outputs[place]);
    outputs.clear();
    return from_ivalue(IValue(c10::ivalue::Tuple::create(std::move(results))), placement_);
  }

  LoadedProgram loaded_;
  const TensorPlacement placement_;
};

}  // namespace

std::unique_ptr<Model> load_exported(const LoadRequest& request) {
  const DeviceChoice choice = choose_device(request.device);
  const c10::Device device(choice.device);
  return on_device(device, "ERR_MODEL_LOAD", [&] {
    auto model = std::make_unique<ExportModel>(load_program(request, choice));
    // Weights were moved on this thread's stream; the other instances have streams of their own.
    if (!device.is_cpu()) at::accelerator::synchronizeDevice(device.index());
    return model;
  });
}

}  // namespace node_libtorch::engine
