#include "engine/torchscript/points_to.h"

namespace node_libtorch::engine {

using torch::jit::Node;
using torch::jit::Value;
using Things = PointsTo::Things;

Things PointsTo::refs(const Value* value) const {
  const auto found = refs_.find(value);
  return found == refs_.end() ? Things() : found->second;
}

Things PointsTo::contents(const Value* value) const {
  Things found;
  for (const int id : refs(value)) {
    const Thing& thing = (*this)[id];
    if (thing.kept) found.insert(id);
    found.insert(thing.content.begin(), thing.content.end());
  }
  return found;
}

Things PointsTo::reach(const Value* value) const {
  Things found = refs(value);
  std::vector<int> open(found.begin(), found.end());
  while (!open.empty()) {
    const int id = open.back();
    open.pop_back();
    for (const int inner : (*this)[id].content) {
      if (found.insert(inner).second) open.push_back(inner);
    }
  }
  return found;
}

Things PointsTo::reach_of_inputs(const Node* node) const {
  Things found;
  for (const Value* input : node->inputs()) {
    const Things one = reach(input);
    found.insert(one.begin(), one.end());
  }
  return found;
}

void PointsTo::flow(const Value* to, const Things& from) {
  if (!from.empty()) add(refs_[to], from);
}

void PointsTo::flow(const Value* to, const Value* from) { flow(to, refs(from)); }

int PointsTo::make(const void* owner, const std::string& member, const std::string& name, bool kept) {
  const auto [found, is_new] = ids_.emplace(std::make_pair(owner, member), static_cast<int>(things_.size()));
  if (is_new) {
    things_.push_back({name, kept, {}, nullptr});
    grown_ = true;
  }
  return found->second;
}

void PointsTo::set_constant(int id, const Node* node) { things_[static_cast<size_t>(id)].constant = node; }

void PointsTo::hold(const Value* container, const Things& content) {
  const int id = make(container, {}, {}, false);
  flow(container, {id});
  put_into({id}, content);
}

void PointsTo::put_into(const Things& owners, const Things& content) {
  for (const int id : owners) add(things_[static_cast<size_t>(id)].content, content);
}

void PointsTo::add(Things& into, const Things& more) {
  if (more.empty()) return;
  const size_t before = into.size();
  into.insert(more.begin(), more.end());
  grown_ = grown_ || into.size() != before;
}

}  // namespace node_libtorch::engine
