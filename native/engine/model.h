// What every engine offers. Calls come on worker threads, under InferenceMode.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/aoti/compiled_package.h"
#include "engine/device/device.h"
#include "engine/export/package.h"
#include "engine/value.h"

namespace node_libtorch::engine {

struct LoadRequest {
  // The artifact's bytes, unchanged since they were verified. `owner` keeps them alive.
  std::shared_ptr<void> owner;
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  std::string device = "auto";
  std::string precision = "auto";        // "auto", "fp32", "fp16", "bf16"
  std::string output_dtype = "float32";  // "float32" or "native"
  std::string optimize = "freeze";       // "none", "freeze", "inference"
  // Gradient mode on, outside InferenceMode; by itself where the graph takes a gradient when empty.
  std::optional<bool> autograd;
  size_t instances = 1;
  std::vector<std::string> operator_libraries;  // absolute paths, opened before the model is read
  // A compiled package, unpacked; the bytes are not needed then.
  std::optional<CompiledPackage> package;
  // A file of torch.export.save: where its parts lie in the bytes.
  std::optional<ExportedPackage> program;
};

struct RunRequest {
  std::string method;
  // By position, as many as were given. An absent one takes its default.
  std::vector<std::optional<Value>> args;
  // Run on a deep copy, so that a stateful model's state stays as it is (warm-up).
  bool scratch = false;
};

struct ArgumentInfo {
  std::string name;
  std::string type;
  bool has_default = false;
};

struct MethodInfo {
  std::string name;
  std::vector<ArgumentInfo> args;
  std::vector<std::string> returns;
};

struct ModelInfo {
  std::string engine;
  DeviceChoice device;
  std::string precision;
  std::string optimize;  // what was really done
  std::vector<MethodInfo> methods;
  bool stateful = false;
  std::string stateful_reason;  // what makes it stateful, a clause for people
  bool random = false;          // it draws random numbers
  bool autograd = false;        // it runs in gradient mode
  // Methods that take about as long in every run of equal shapes; those of a compiled package do not say.
  std::vector<std::string> bounded_methods;
  int64_t parameter_bytes = 0;
  std::vector<std::string> warnings;
  std::vector<std::string> call_spec;  // of a .pt2: the pytrees of inputs and outputs, JSON
  std::optional<Value> program;        // of an exported program: what it takes and gives
};

class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelInfo& info() const = 0;
  // Safe on several threads at once. Throws; the caller translates with current_error("ERR_MODEL_EXECUTION").
  virtual Value run(RunRequest request) const = 0;
};

// Throws; the caller translates with current_error("ERR_MODEL_LOAD").
std::unique_ptr<Model> load_torchscript(const LoadRequest& request);

}  // namespace node_libtorch::engine
