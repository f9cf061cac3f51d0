#include "engine/device/fault.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>

namespace node_libtorch::engine {
namespace {

// How LibTorch begins what CUDA and its libraries said. cuBLAS and cuDNN report by status names, which say
// nothing of the context.
constexpr std::array<std::string_view, 2> kCudaSays{"CUDA error: ", "CUDA driver error: "};
constexpr std::array<std::string_view, 4> kLibrarySays{"CUBLAS_STATUS_", "CUDNN_STATUS_", "CUSPARSE_STATUS_",
                                                       "CUSOLVER_STATUS_"};

// cudaGetErrorString of the errors after which, as CUDA's manual has it, the process must be ended to go on.
constexpr std::array<std::string_view, 14> kSticky{
    "an illegal memory access was encountered",                           // cudaErrorIllegalAddress
    "the launch timed out and was terminated",                            // cudaErrorLaunchTimeout
    "device-side assert triggered",                                       // cudaErrorAssert
    "hardware stack error",                                               // cudaErrorHardwareStackError
    "an illegal instruction was encountered",                             // cudaErrorIllegalInstruction
    "misaligned address",                                                 // cudaErrorMisalignedAddress
    "operation not supported on global/shared address space",             // cudaErrorInvalidAddressSpace
    "invalid program counter",                                            // cudaErrorInvalidPc
    "unspecified launch failure",                                         // cudaErrorLaunchFailure
    "uncorrectable ECC error encountered",                                // cudaErrorECCUncorrectable
    "uncorrectable NVLink error detected during the execution",           // cudaErrorNvlinkUncorrectable
    "context is destroyed",                                               // cudaErrorContextIsDestroyed
    "the MPS client has been terminated by the server",                   // cudaErrorMpsClientTerminated
    "Invalid access of peer GPU memory over nvlink or a hardware error",  // cudaErrorContained
};

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

struct Failures {
  std::mutex mutex;
  std::map<std::string, std::string> reasons;
  std::atomic<bool> any = false;
};

Failures& failures() {
  static auto* instance = new Failures;  // a thread that was left behind may ask after static destruction
  return *instance;
}

}  // namespace

DeviceFault device_fault(std::string_view text) noexcept {
  DeviceFault found = DeviceFault::none;
  for (const std::string_view mark : kCudaSays) {
    for (size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
      found = DeviceFault::passing;
      for (const std::string_view sticky : kSticky) {
        if (begins_with(text.substr(at + mark.size()), sticky)) return DeviceFault::sticky;
      }
    }
  }
  for (const std::string_view mark : kLibrarySays) {
    if (text.find(mark) != std::string_view::npos) found = DeviceFault::passing;
  }
  return found;
}

void mark_failed(const std::string& device, std::string reason) {
  const std::lock_guard lock(failures().mutex);
  failures().reasons.emplace(device, std::move(reason));
  failures().any = true;
}

std::optional<std::string> failure_of(const std::string& device) {
  if (!failures().any) return std::nullopt;
  const std::lock_guard lock(failures().mutex);
  const auto found = failures().reasons.find(device);
  return found == failures().reasons.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::pair<std::string, std::string>> failed_devices() {
  if (!failures().any) return {};
  const std::lock_guard lock(failures().mutex);
  return {failures().reasons.begin(), failures().reasons.end()};
}

}  // namespace node_libtorch::engine
