// Faults of devices: which errors end a device for this process, and which devices have been ended. Knows no
// LibTorch, so that a test can compile it by itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace node_libtorch::engine {

enum class DeviceFault {
  none,     // no error of a device
  passing,  // this run's: the device goes on
  sticky,   // CUDA's context is lost: whatever is asked of the device from now on fails, until the process
            // ends
};

// What the text of an error says of the device that it happened on. Only what CUDA itself said counts, not
// what else is in the text (a trace, a source line, advice).
DeviceFault device_fault(std::string_view text) noexcept;

// Devices that have failed, for the whole process: CUDA's context is the process's. The first reason stays.
void mark_failed(const std::string& device, std::string reason);
std::optional<std::string> failure_of(const std::string& device);
std::vector<std::pair<std::string, std::string>> failed_devices();

}  // namespace node_libtorch::engine
