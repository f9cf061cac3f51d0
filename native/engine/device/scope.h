// What a run needs around it on its device: nothing on the CPU; elsewhere the device and the stream of the
// calling thread, and a look at what an error means for the device.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/StreamGuard.h>

#include <optional>
#include <utility>

namespace node_libtorch::engine {

// Sets the device and the thread's own stream on it. Throws ERR_DEVICE_FAILED for a device that has failed.
class DeviceScope {
 public:
  explicit DeviceScope(const c10::Device& device);

 private:
  c10::OptionalDeviceGuard device_;
  std::optional<c10::StreamGuard> stream_;
};

// Throws the exception in flight again, as what it means for the device: ERR_OUT_OF_MEMORY (what LibTorch had
// cached is given back, so that a later run may find room), ERR_DEVICE_FAILED (and the device stays failed),
// or what it was. For a catch block.
[[noreturn]] void rethrow_from_device(const c10::Device& device, const char* fallback_code);

// Runs `function` on the device; every model's runs and loads go through here.
template <typename Function>
auto on_device(const c10::Device& device, const char* fallback_code, Function&& function) {
  if (device.is_cpu()) return std::forward<Function>(function)();
  const DeviceScope scope(device);
  try {
    return std::forward<Function>(function)();
  } catch (...) {
    rethrow_from_device(device, fallback_code);
  }
}

}  // namespace node_libtorch::engine
