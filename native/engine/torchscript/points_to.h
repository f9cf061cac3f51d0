// What the values of a graph may refer to, without regard to the order of statements: a value refers to a set
// of things, a thing holds a set of things, and both only grow.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace node_libtorch::engine {

class PointsTo {
 public:
  // By their numbers.
  using Things = std::set<int>;

  // Something that a value may refer to.
  struct Thing {
    std::string name;
    // It outlives the run: an attribute of the module, or a constant of the graph. Whatever is inside it
    // counts as itself.
    bool kept = false;
    Things content;
    const torch::jit::Node* constant = nullptr;
  };

  const Thing& operator[](int id) const { return things_[static_cast<size_t>(id)]; }

  // What the value may be.
  Things refs(const torch::jit::Value* value) const;
  // What is directly in it.
  Things contents(const torch::jit::Value* value) const;
  // What it may be, and what is in it at any depth.
  Things reach(const torch::jit::Value* value) const;
  Things reach_of_inputs(const torch::jit::Node* node) const;

  // `to` may be these things too, or whatever `from` may be.
  void flow(const torch::jit::Value* to, const Things& from);
  void flow(const torch::jit::Value* to, const torch::jit::Value* from);

  // The thing that stands for what a value makes, or an attribute of an object names; made at the first call.
  int make(const void* owner, const std::string& member, const std::string& name, bool kept);
  void set_constant(int id, const torch::jit::Node* node);

  // The value is a container of its own, with these things in it.
  void hold(const torch::jit::Value* container, const Things& content);
  // Each of the owners holds these things from here on.
  void put_into(const Things& owners, const Things& content);

  // Whether anything has come since the round began: what has not grown through all statements is complete.
  void begin_round() { grown_ = false; }
  bool has_grown() const { return grown_; }

 private:
  void add(Things& into, const Things& more);

  std::vector<Thing> things_;
  std::map<std::pair<const void*, std::string>, int> ids_;
  std::unordered_map<const torch::jit::Value*, Things> refs_;
  bool grown_ = false;
};

}  // namespace node_libtorch::engine
