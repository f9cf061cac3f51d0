#include "engine/device/staging.h"

#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>

namespace node_libtorch::engine {
namespace {

// From LibTorch's cache of pinned memory, which lets a block go to the next only when the copies that use it
// are done: pinning memory anew would hold the whole device up.
at::Tensor pinned_like(const at::Tensor& tensor) {
  return at::empty(tensor.sizes(),
                   at::TensorOptions(tensor.scalar_type()).device(c10::kCPU).pinned_memory(true));
}

}  // namespace

at::Tensor upload(const at::Tensor& host, const c10::Device& device) {
  const at::Tensor pinned = pinned_like(host);
  if (host.nbytes() > 0) std::memcpy(pinned.mutable_data_ptr(), host.const_data_ptr(), host.nbytes());
  return pinned.to(device, host.scalar_type(), /*non_blocking=*/true);
}

void Downloads::add(const at::Tensor& tensor, void* out) {
  device_ = tensor.device();
  copies_.push_back({pinned_like(tensor).copy_(tensor, /*non_blocking=*/true), out});
}

void Downloads::wait() {
  if (!device_) return;
  const c10::impl::VirtualGuardImpl implementation(device_->type());
  c10::Event done(device_->type());
  done.record(implementation.getStream(*device_));
  done.synchronize();
  // Results that JavaScript keeps must not keep pinned memory, of which a machine has little.
  for (const Copy& copy : copies_) {
    if (copy.pinned.nbytes() > 0) std::memcpy(copy.out, copy.pinned.const_data_ptr(), copy.pinned.nbytes());
  }
  copies_.clear();
  device_.reset();
}

}  // namespace node_libtorch::engine
