// An exported program as it runs: a flat list of steps over numbered slots, made once when it is loaded.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/export/guards/guards.h"

namespace node_libtorch::engine {

using Slot = uint32_t;

// What a list of values is for LibTorch.
enum class ListOf : uint8_t { tensors, optional_tensors, ints, floats, bools, scalars };

// One argument of a step: a fixed value, what a slot holds, or a list of both.
struct Arg {
  enum class Kind : uint8_t { fixed, slot, list };
  Kind kind = Kind::fixed;
  ListOf list_of = ListOf::tensors;
  // The operator takes something else than the slot may hold: a float for an int, a tensor for a number.
  enum class Change : uint8_t { none, to_float, to_tensor };
  Change change = Change::none;
  // The last use of the slot in its graph: the value moves out of it.
  bool last_use = false;
  Slot slot = 0;
  c10::IValue value;
  std::vector<Arg> items;

  static Arg of(c10::IValue value);
  static Arg in(Slot slot);
};

// What an operator that takes a float, or a tensor, gets where Python has an int, or a number.
c10::IValue changed(c10::IValue value, Arg::Change change);

// Where a result goes: to a slot, to a slot for each of its items, or nowhere.
struct Result {
  enum class Kind : uint8_t { none, slot, items };
  Kind kind = Kind::none;
  Slot slot = 0;
  std::vector<Slot> items;
};

struct Graph;

// Arithmetic on sizes, and what else is no operator of the dispatcher. Takes its arguments; gives one value.
using Builtin = c10::IValue (*)(std::vector<c10::IValue>& args);

struct Step {
  enum class Kind : uint8_t { op, builtin, cond, while_loop, map, scan, wrap };
  Kind kind = Kind::op;
  std::optional<c10::OperatorHandle> op;
  Builtin builtin = nullptr;
  // The same operator writing into its first argument, where the plan allows it: see passes/reuse_memory.cc.
  std::optional<c10::OperatorHandle> in_place;
  std::string target;  // as the file calls it
  std::vector<Arg> args;
  std::vector<Result> results;
  // Slots that nobody reads after this step, and that no argument moves out of.
  std::vector<Slot> frees;
  // Of control flow: both branches, or condition and body, or what is wrapped.
  std::vector<std::shared_ptr<const Graph>> graphs;
  // Of a map and a scan, the arguments from `first_row` up to `end_of_rows` are given row by row. Of a scan,
  // those before are carried from one row to the next.
  size_t first_row = 0;
  size_t end_of_rows = 0;
  // The memory that the operator makes is filled with zeros: it may hold what others left there.
  bool zero_fill = false;
  // Looks at the arguments where the kernels do not.
  Guard guard = nullptr;
  // Of what changes the shape of its first argument in place (t_, squeeze_): the weights, whose shapes it
  // would change for all runs that follow, and under those of other threads.
  std::shared_ptr<const std::unordered_set<const c10::TensorImpl*>> keeps_shapes_of;
  // Of a wrap with autocast.
  struct Autocast {
    at::DeviceType device = at::kCPU;
    std::optional<at::ScalarType> dtype;
    bool enabled = false;
  };
  std::optional<Autocast> autocast;
};

struct Graph {
  size_t slots = 0;
  std::vector<Slot> inputs;
  std::vector<Step> steps;
  std::vector<Arg> outputs;
  // What the slots of the file are called, for messages.
  std::vector<std::string> names;
  // How many dimensions the file says that a slot's tensor has; -1 where it says nothing.
  std::vector<int> ranks;
  // Weights that change after a run: what is computed of them is no constant.
  std::vector<at::Tensor> updated;
};

// Fills in last_use and frees. After every change of the steps.
void plan_lifetimes(Graph& graph);

}  // namespace node_libtorch::engine
