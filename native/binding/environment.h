// Everything that belongs to one JavaScript environment (the main thread or a worker): its channel and its
// sessions. No state of the binding is shared between environments.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "binding/channel.h"
#include "binding/file_locks.h"
#include "binding/session.h"

namespace node_libtorch::binding {

class Environment {
 public:
  explicit Environment(napi_env env);

  // The environment of a call; made by the module's initialisation.
  static Environment& of(napi_env env);

  // Once, before anything else. Registers the clean-up behind the channel's own, so that it runs before it.
  void open(napi_value on_settled);
  bool is_open() const { return channel_ != nullptr; }
  Channel& channel();

  std::shared_ptr<Session> create_session(size_t instances, size_t max_pending);

  // Memory shared with JavaScript, so that a load can keep it alive without a reference.
  napi_value allocate_bytes(size_t bytes);
  // Empty when `data` is not the beginning of such memory.
  std::shared_ptr<void> owner_of(void* data);
  // Whether `data` lies inside such memory: JavaScript goes on using it, so it is never handed over as a
  // result.
  bool is_shared(const void* data) const;

  FileLocks& locks() { return locks_; }

  // Ends every session: drops what waits, waits for what runs. Idempotent.
  void shut();

 private:
  void forget(napi_env env, const std::shared_ptr<Session>& session);

  const napi_env env_;
  std::shared_ptr<Channel> channel_;
  FileLocks locks_;
  std::set<std::shared_ptr<Session>> sessions_;
  struct SharedMemory {
    std::weak_ptr<void> owner;
    size_t bytes;
  };
  std::map<const void*, SharedMemory> shared_memory_;
};

}  // namespace node_libtorch::binding
