// Everything that belongs to one JavaScript environment (the main thread or a worker): its channel and its
// sessions. No state of the binding is shared between environments.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "binding/artifact_memory.h"
#include "binding/channel.h"
#include "binding/file_locks.h"
#include "binding/session.h"
#include "engine/executor.h"

namespace node_libtorch::binding {

class Environment {
 public:
  explicit Environment(napi_env env);

  // The environment of a call; made by the module's initialisation.
  static Environment& of(napi_env env);

  // Once, before anything else. Registers the clean-up behind the channel's own, so that it runs before it.
  void open(napi_value on_settled);
  bool is_open() const { return channel_ != nullptr; }
  Channel& channel() { return *shared_channel(); }
  std::shared_ptr<Channel> shared_channel() const;

  // The thread for work that belongs to no model; started at the first call.
  engine::Executor& background();

  std::shared_ptr<Session> create_session(size_t instances, size_t max_pending);

  // Memory for a model file. A load keeps it alive without a reference.
  napi_value allocate_artifact(size_t bytes);
  // What reads the bytes that begin at `data`; empty when they are no such memory, or were released.
  std::shared_ptr<void> artifact_reader(const void* data);
  // JavaScript is done with a buffer: allocate_artifact's is given back once no load reads it; another is
  // detached, which frees it unless somebody else refers to its memory.
  void release_artifact(napi_value buffer);

  // Memory for inputs, shared with JavaScript, so that a run can read it where it is.
  napi_value allocate_bytes(size_t bytes);
  // Empty when `data` is not the beginning of such memory.
  std::shared_ptr<void> owner_of(void* data);
  // Whether nobody but JavaScript refers to the memory: no run, and no model that kept an input.
  bool is_free(const void* data) const;
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
  std::shared_ptr<engine::Executor> background_;
  std::map<const void*, std::weak_ptr<ArtifactMemory>> artifacts_;
  struct SharedMemory {
    std::weak_ptr<void> owner;
    size_t bytes;
  };
  std::map<const void*, SharedMemory> shared_memory_;
};

}  // namespace node_libtorch::binding
