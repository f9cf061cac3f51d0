#include "engine/device/device.h"

#include <ATen/DeviceAccelerator.h>
#include <c10/core/Device.h>

#include <optional>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

struct Cuda {
  int devices = 0;
  std::string absence;  // why there are none
};

Cuda find_cuda() {
  try {
    const std::optional<c10::DeviceType> accelerator = at::accelerator::getAccelerator(false);
    if (accelerator != c10::DeviceType::CUDA) return {0, "the loaded LibTorch has no CUDA"};
    const int devices = at::accelerator::deviceCount();
    if (devices == 0) return {0, "the loaded LibTorch has CUDA, but no CUDA device answers"};
    return {devices, ""};
  } catch (...) {
    return {0, "CUDA does not answer: " + current_error("ERR_DEVICE_UNAVAILABLE").message()};
  }
}

// The index of "cuda" or "cuda:<index>"; empty when `text` is neither.
std::optional<int> cuda_index(const std::string& text) {
  if (text == "cuda") return 0;
  if (text.size() < 6 || text.size() > 8 || text.compare(0, 5, "cuda:") != 0) return std::nullopt;
  int index = 0;
  for (size_t i = 5; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    index = index * 10 + (text[i] - '0');
  }
  return index;
}

std::string cuda_name(int index) { return "cuda:" + std::to_string(index); }

}  // namespace

DeviceChoice choose_device(const std::string& wanted) {
  if (wanted == "cpu") return {"cpu", "cpu was asked for"};
  const bool automatic = wanted == "auto";
  const std::optional<int> index = automatic ? std::optional<int>(0) : cuda_index(wanted);
  if (!index) {
    throw EngineError("ERR_INVALID_ARGUMENT",
                      "Expected auto, cpu, cuda or cuda:<index> for device but received \"" + wanted + "\"");
  }
  const Cuda cuda = find_cuda();
  if (automatic) {
    if (cuda.devices == 0) return {"cpu", "auto took the CPU because " + cuda.absence};
    return {cuda_name(0), "auto took the first of " + std::to_string(cuda.devices) + " CUDA device(s)"};
  }
  if (cuda.devices == 0) {
    throw EngineError("ERR_DEVICE_UNAVAILABLE", "Device " + wanted + " was asked for, but " + cuda.absence);
  }
  if (*index >= cuda.devices) {
    throw EngineError("ERR_DEVICE_UNAVAILABLE", "Device " + wanted + " was asked for, but there are only " +
                                                    std::to_string(cuda.devices) + " CUDA device(s)");
  }
  return {cuda_name(*index), wanted + " was asked for"};
}

List list_devices() {
  List devices;
  devices.push_back(
      Value{DictBuilder().add("name", std::string("cpu")).add("type", std::string("cpu")).build()});
  const Cuda cuda = find_cuda();
  for (int index = 0; index < cuda.devices; ++index) {
    devices.push_back(
        Value{DictBuilder().add("name", cuda_name(index)).add("type", std::string("cuda")).build()});
  }
  return devices;
}

}  // namespace node_libtorch::engine
