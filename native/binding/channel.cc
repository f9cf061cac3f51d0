#include "binding/channel.h"

#include <utility>

#include "binding/status.h"
#include "binding/value_codec.h"

namespace node_libtorch::binding {
namespace {

constexpr const char* kTooLarge =
    "The result does not fit into JavaScript's memory; ask the model for less at a time, or give Node more "
    "(--max-old-space-size)";

// About as many values as JavaScript takes in some ten milliseconds. What has gathered beyond them waits for
// the next turn of the event loop: the end of ten thousand runs at once must not hold it.
constexpr size_t kPerTurn = 2048;

size_t weight_of(const engine::Value& value) {
  if (const auto* list = std::get_if<engine::List>(&value.data)) {
    size_t weight = 1;
    for (const engine::Value& item : *list) weight += weight_of(item);
    return weight;
  }
  if (const auto* dict = std::get_if<engine::Dict>(&value.data)) {
    size_t weight = 1;
    for (const engine::Value& item : dict->values) weight += weight_of(item);
    return weight;
  }
  return 1;
}

size_t weight_of(const Settlement& settlement) { return weight_of(settlement.value); }

napi_value encode_error(napi_env env, const engine::EngineError& error) {
  napi_value object = nullptr;
  check(napi_create_object(env, &object));
  check(napi_set_named_property(env, object, "code", encode_text(env, error.code())));
  check(napi_set_named_property(env, object, "message", encode_text(env, error.message())));
  if (!error.hint().empty()) {
    check(napi_set_named_property(env, object, "hint", encode_text(env, error.hint())));
  }
  if (!error.trace().empty()) {
    check(napi_set_named_property(env, object, "trace", encode_text(env, error.trace())));
  }
  return object;
}

void forget_exception(napi_env env) {
  bool pending = false;
  napi_value exception = nullptr;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
    napi_get_and_clear_last_exception(env, &exception);
  }
}

struct Outcome {
  napi_value error = nullptr;
  napi_value value = nullptr;
};

Outcome outcome_of(napi_env env, Settlement& settlement) {
  napi_value null = nullptr;
  check(napi_get_null(env, &null));
  if (settlement.error) return {encode_error(env, *settlement.error), null};
  try {
    return {null, encode(env, std::move(settlement.value))};
  } catch (const NapiFailure&) {
    // JavaScript could not take it (no memory for a buffer, say). It must be told, or its promise never
    // settles.
    forget_exception(env);
    return {encode_error(env, {"ERR_OUT_OF_MEMORY", kTooLarge}), null};
  } catch (...) {
    return {encode_error(env, engine::current_error("ERR_INTERNAL")), null};
  }
}

class Group {
 public:
  Group(napi_env env, size_t settlements) : env_(env) {
    check(napi_create_array_with_length(env, settlements * 6, &array_));
  }

  void add(Settlement& settlement) {
    const Outcome outcome = outcome_of(env_, settlement);
    push_number(settlement.id);
    push(outcome.error);
    push(outcome.value);
    push_number(settlement.queue_ms);
    push_number(settlement.run_ms);
    push_number(settlement.held_ms);
  }

  napi_value array() const { return array_; }

 private:
  void push(napi_value value) { check(napi_set_element(env_, array_, next_++, value)); }
  void push_number(double number) {
    napi_value value = nullptr;
    check(napi_create_double(env_, number, &value));
    push(value);
  }

  napi_env env_;
  napi_value array_ = nullptr;
  uint32_t next_ = 0;
};

}  // namespace

napi_value encode_outcome(napi_env env, Settlement& settlement) {
  const Outcome outcome = outcome_of(env, settlement);
  napi_value run_ms = nullptr;
  check(napi_create_double(env, settlement.run_ms, &run_ms));
  napi_value held = nullptr;
  check(napi_create_double(env, settlement.held_ms, &held));
  napi_value array = nullptr;
  check(napi_create_array_with_length(env, 4, &array));
  check(napi_set_element(env, array, 0, outcome.error));
  check(napi_set_element(env, array, 1, outcome.value));
  check(napi_set_element(env, array, 2, run_ms));
  check(napi_set_element(env, array, 3, held));
  return array;
}

Channel::Channel(napi_env env, napi_value on_settled) : env_(env) {
  check(napi_create_reference(env, on_settled, 1, &on_settled_));
  check(napi_create_threadsafe_function(env, nullptr, nullptr, encode_text(env, "node-libtorch"), 0, 1,
                                        nullptr, nullptr, this, on_call, &function_));
  hold_loop(false);
}

void Channel::settle(Envelope envelope) noexcept {
  const std::lock_guard lock(mutex_);
  if (!alive_) return;
  settled_.splice(settled_.end(), envelope);
  // The lock is held over the call, so that shut() cannot free the function in between. Where the call is
  // refused, the next settlement tries again.
  if (!called_) call();
}

void Channel::call() noexcept {
  called_ = napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void Channel::hold_loop(bool hold) {
  check(hold ? napi_ref_threadsafe_function(env_, function_)
             : napi_unref_threadsafe_function(env_, function_));
}

void Channel::shut() {
  Envelope dropped;
  const std::lock_guard lock(mutex_);
  alive_ = false;
  dropped.swap(settled_);
}

void Channel::on_call(napi_env env, napi_value /*callback*/, void* context, void* /*data*/) {
  if (env == nullptr) return;  // the environment is going down
  try {
    static_cast<Channel*>(context)->deliver(env);
  } catch (const NapiFailure&) {
    // JavaScript may no longer run (a worker being terminated): nobody is left to tell.
  } catch (const std::exception&) {
  }
}

void Channel::deliver(napi_env env) {
  Envelope settled;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    size_t weight = 0;
    while (!settled_.empty() && weight < kPerTurn) {
      weight += weight_of(settled_.front());
      settled.splice(settled.end(), settled_, settled_.begin());
    }
    more = !settled_.empty();
    called_ = more;
  }
  for (Settlement& settlement : settled) {
    if (!settlement.before) continue;
    try {
      std::exchange(settlement.before, nullptr)(env);
    } catch (...) {
      // The others still have to be told.
    }
  }
  if (settled.empty()) return;
  try {
    hand_over(env, settled, more);
  } catch (...) {
    // JavaScript may not have heard that there is more, and then asks for none of it.
    const std::lock_guard lock(mutex_);
    settled_.splice(settled_.begin(), settled);
    if (alive_ && !settled_.empty()) call();
    throw;
  }
}

void Channel::hand_over(napi_env env, Envelope& settled, bool more) {
  std::optional<Group> group;
  try {
    group.emplace(env, settled.size());
    for (Settlement& settlement : settled) group->add(settlement);
  } catch (...) {
    // No memory for the group. Each promise is told by itself, with an error that takes next to none: one
    // that hears nothing never settles.
    forget_exception(env);
    const bool is_least = settled.size() == 1 && settled.front().error;
    // Their values may be gone into the group.
    for (Settlement& settlement : settled) {
      if (!settlement.error) settlement.error.emplace("ERR_OUT_OF_MEMORY", kTooLarge);
    }
    if (is_least) throw;
    for (Envelope one; !settled.empty(); one.clear()) {
      one.splice(one.end(), settled, settled.begin());
      try {
        hand_over(env, one, more && settled.empty());
      } catch (...) {
        settled.splice(settled.begin(), one);
        throw;
      }
    }
    return;
  }
  napi_value on_settled = nullptr;
  napi_value global = nullptr;
  check(napi_get_reference_value(env, on_settled_, &on_settled));
  check(napi_get_global(env, &global));
  napi_value rest = nullptr;
  check(napi_get_boolean(env, more, &rest));
  const napi_value arguments[] = {group->array(), rest};
  const Envelope told = std::move(settled);
  settled.clear();
  check(napi_call_function(env, global, on_settled, 2, arguments, nullptr));
}

}  // namespace node_libtorch::binding
