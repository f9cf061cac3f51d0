// Which values of a plan may share memory, and which memory a run writes to: by what the operators' schemas
// say.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engine/export/plan.h"

namespace node_libtorch::engine {

class Aliases {
 public:
  explicit Aliases(const Graph& graph);

  // Values of the graph itself, not of its subgraphs.
  bool is_written(Slot slot) { return written_[find(value_of(&graph_, slot))]; }
  bool is_written(const at::Tensor& fixed);
  // Whether it may be what the caller gave, or a fixed tensor.
  bool is_borrowed(Slot slot) { return borrowed_[find(value_of(&graph_, slot))]; }
  bool may_share(Slot a, Slot b) { return find(value_of(&graph_, a)) == find(value_of(&graph_, b)); }

 private:
  using Id = uint32_t;

  void visit(const Graph& graph);
  void visit_operator(const Graph& graph, const Step& step);
  void visit_graphs(const Graph& graph, const Step& step);
  Id new_value();
  Id value_of(const Graph* graph, Slot slot);
  Id value_of(const at::Tensor& tensor);
  // All values that an argument stands for: of a list, each item.
  std::vector<Id> values_of(const Graph& graph, const Arg& arg);
  Id find(Id id);
  void unite(Id a, Id b);
  void unite(const Graph& graph, const Result& result, const std::vector<Id>& values);

  const Graph& graph_;
  std::vector<Id> parents_;
  std::vector<bool> written_;
  std::vector<bool> borrowed_;
  std::unordered_map<const Graph*, Id> first_slots_;
  // By their memory.
  std::unordered_map<const void*, Id> fixed_;
};

}  // namespace node_libtorch::engine
