#include "engine/device/scope.h"

#include <ATen/DeviceAccelerator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>
#include <mutex>

#include "engine/device/fault.h"
#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

EngineError failed(const std::string& device, const std::string& reason) {
  return {"ERR_DEVICE_FAILED",
          "Device " + device + " has failed in this process (" + reason +
              "); every model on it is lost, and only a restart of the process brings it back"};
}

// CUDA gives out a fixed pool of streams, round and round: beyond it two threads share one. That costs them
// overlap and nothing else, for no tensor of ours is used on another stream than the one it was made on.
c10::Stream stream_of_this_thread(const c10::Device& device) {
  thread_local std::map<c10::DeviceIndex, c10::Stream> streams;
  auto found = streams.find(device.index());
  if (found == streams.end()) {
    const c10::impl::VirtualGuardImpl implementation(device.type());
    found = streams.emplace(device.index(), implementation.getStreamFromGlobalPool(device)).first;
  }
  return found->second;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// CUDA's own sentence, without the trace in front of it.
std::string reason_of(const std::string& text) {
  const size_t at = text.rfind("CUDA error: ");
  return first_line(at == std::string::npos ? text : text.substr(at));
}

bool answers(const c10::Device& device) noexcept {
  try {
    at::accelerator::synchronizeDevice(device.index());
    return true;
  } catch (...) {
    return false;
  }
}

void give_back_cached_memory(const c10::Device& device) noexcept {
  try {
    at::getDeviceAllocator(device.type())->emptyCache();
  } catch (...) {
    // The run has failed already, and says why.
  }
}

}  // namespace

DeviceScope::DeviceScope(const c10::Device& device) {
  if (device.is_cpu()) return;
  if (const std::optional<std::string> reason = failure_of(device.str())) throw failed(device.str(), *reason);
  device_.reset_device(device);
  stream_.emplace(stream_of_this_thread(device));
}

void rethrow_from_device(const c10::Device& device, const char* fallback_code) {
  const EngineError error = current_error(fallback_code);
  if (error.code() == "ERR_OUT_OF_MEMORY") give_back_cached_memory(device);
  // A lost context also shows as a failure of cuBLAS or of the next call, so the device itself is asked.
  if (error.code() == "ERR_DEVICE_UNAVAILABLE" &&
      (device_fault(error.message()) == DeviceFault::sticky || !answers(device))) {
    mark_failed(device.str(), reason_of(error.message()));
    throw failed(device.str(), reason_of(error.message()));
  }
  throw error;
}

}  // namespace node_libtorch::engine
