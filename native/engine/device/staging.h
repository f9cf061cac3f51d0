// Tensors to and from a device by way of pinned memory, so that copies run beside other work. Everything
// happens on the current stream of the calling thread.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace node_libtorch::engine {

// A copy on the device. Returns before the copy is done; the host's memory may be freed at once.
at::Tensor upload(const at::Tensor& host, const c10::Device& device);

// Copies of results under way to the host.
class Downloads {
 public:
  // Begins the copy of a contiguous tensor on a device. Its bytes are at `out` once wait() has returned.
  void add(const at::Tensor& tensor, void* out);
  // Waits for what was begun, and for nothing that other threads do on the device.
  void wait();

 private:
  struct Copy {
    at::Tensor pinned;
    void* out;
  };
  std::vector<Copy> copies_;
  std::optional<c10::Device> device_;
};

}  // namespace node_libtorch::engine
