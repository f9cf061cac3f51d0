#include "engine/torchscript/kept_values.h"

#include <ATen/ATen.h>
#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/grad_mode.h>

namespace node_libtorch::engine {
namespace {

using c10::IValue;

std::vector<IValue> items_of(const IValue& value) {
  if (value.isList()) return value.toListRef().vec();
  if (value.isTuple()) return value.toTupleRef().elements();
  if (value.isObject()) return value.toObjectRef().slots();
  std::vector<IValue> items;
  if (!value.isGenericDict()) return items;
  for (const auto& entry : value.toGenericDict()) {
    items.push_back(entry.key());
    items.push_back(entry.value());
  }
  return items;
}

void put_back(const IValue& live, const std::vector<IValue>& items) {
  if (live.isList()) {
    c10::List<IValue> list = live.toList();
    list.clear();
    for (const IValue& item : items) list.push_back(item);
  } else if (live.isGenericDict()) {
    c10::Dict<IValue, IValue> dict = live.toGenericDict();
    dict.clear();
    for (size_t i = 0; i + 1 < items.size(); i += 2) dict.insert(items[i], items[i + 1]);
  } else if (live.isObject()) {
    for (size_t i = 0; i < items.size(); ++i) live.toObject()->setSlot(i, items[i]);
  }
}

void put_back(const at::Tensor& live, const at::Tensor& before) {
  if (live.sizes() == before.sizes()) {
    live.copy_(before);
  } else {
    live.set_data(before);
  }
}

// One that fails stays as the run left it; the others do not.
template <typename Function>
void attempt(Function&& function) {
  try {
    function();
  } catch (...) {
  }
}

}  // namespace

KeptValues::KeptValues(const std::vector<IValue>& values) {
  const at::NoGradGuard no_gradients;
  for (const IValue& value : values) keep(value);
}

void KeptValues::keep(const IValue& value) {
  if (!value.isTensor() && !value.isList() && !value.isGenericDict() && !value.isTuple() &&
      !value.isObject()) {
    return;
  }
  if (!seen_.insert(value.internalToPointer()).second) return;
  if (value.isTensor()) {
    if (value.toTensor().defined()) tensors_.emplace_back(value.toTensor(), value.toTensor().clone());
    return;
  }
  containers_.push_back({value, items_of(value)});
  const std::vector<IValue> items = containers_.back().items;
  for (const IValue& item : items) keep(item);
}

KeptValues::~KeptValues() {
  const at::NoGradGuard no_gradients;
  for (const Container& container : containers_) {
    attempt([&] { put_back(container.live, container.items); });
  }
  for (const auto& [live, before] : tensors_) {
    attempt([&live = live, &before = before] { put_back(live, before); });
  }
}

}  // namespace node_libtorch::engine
