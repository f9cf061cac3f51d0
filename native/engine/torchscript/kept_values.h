// Puts values back as they were before a run that must leave no trace.
#pragma once

#include <ATen/core/ivalue.h>

#include <set>
#include <utility>
#include <vector>

namespace node_libtorch::engine {

// Constants of a graph are shared by all copies of its module: a rehearsal on a copy writes to the
// original's. Lists, dicts and objects stay themselves and get back what they held; tensors get back their
// numbers.
class KeptValues {
 public:
  explicit KeptValues(const std::vector<c10::IValue>& values);
  ~KeptValues();
  KeptValues(const KeptValues&) = delete;
  KeptValues& operator=(const KeptValues&) = delete;

 private:
  struct Container {
    c10::IValue live;
    // Of a dict, key and value in turn.
    std::vector<c10::IValue> items;
  };

  void keep(const c10::IValue& value);

  std::set<const void*> seen_;
  std::vector<std::pair<at::Tensor, at::Tensor>> tensors_;
  std::vector<Container> containers_;
};

}  // namespace node_libtorch::engine
