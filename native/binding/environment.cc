#include "binding/environment.h"

#ifndef _WIN32
#include <unistd.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "binding/status.h"
#include "binding/tensor_codec.h"
#include "engine/error.h"

namespace node_libtorch::binding {
namespace {

// How long a run may go on after its environment has ended.
constexpr std::chrono::seconds kJoinLimit{5};

// A thread that is still inside LibTorch while the process's static objects are destroyed would crash it.
// Registered when the first thread is given up, so it runs before every destructor that was registered
// earlier.
void leave_without_destructors() {
  static std::once_flag once;
  std::call_once(once, [] {
#if defined(__GLIBC__)
    on_exit([](int status, void*) { _exit(status); }, nullptr);
#else
    std::atexit([] { _exit(EXIT_FAILURE); });
#endif
  });
}

// Gives the threads up. They go on using what owns them, so it is kept for the life of the process.
template <typename Owner>
void leave_behind(const std::shared_ptr<Owner>& owner, engine::Executor& executor) {
  executor.abandon();
  leave_without_destructors();
  new std::shared_ptr<Owner>(owner);
}

}  // namespace

Environment::Environment(napi_env env) : env_(env) {}

Environment& Environment::of(napi_env env) {
  void* data = nullptr;
  check(napi_get_instance_data(env, &data));
  if (data == nullptr) throw NapiFailure{napi_generic_failure};
  return *static_cast<Environment*>(data);
}

void Environment::open(napi_value on_settled) {
  if (channel_) throw engine::EngineError("ERR_ALREADY_INITIALIZED", "initialise() was called before");
  channel_ = std::make_shared<Channel>(env_, on_settled);
  check(napi_add_env_cleanup_hook(env_, [](void* self) { static_cast<Environment*>(self)->shut(); }, this));
}

std::shared_ptr<Channel> Environment::shared_channel() const {
  if (!channel_) throw engine::EngineError("ERR_NOT_READY", "initialise() was not called");
  return channel_;
}

engine::Executor& Environment::background() {
  if (!background_) background_ = std::make_shared<engine::Executor>(1, 0, [] {});
  return *background_;
}

std::shared_ptr<Session> Environment::create_session(size_t instances, size_t max_pending) {
  auto session = Session::create(shared_channel(), instances, max_pending,
                                 [this](napi_env env, const auto& gone) { forget(env, gone); });
  sessions_.insert(session);
  return session;
}

void Environment::forget(napi_env env, const std::shared_ptr<Session>& session) {
  // Its last thread has nothing left to do, so this takes no time.
  if (!session->executor().join_until(engine::Clock::now() + kJoinLimit)) {
    leave_behind(session, session->executor());
  }
  int64_t now = 0;
  if (session->reported_bytes != 0) napi_adjust_external_memory(env, -session->reported_bytes, &now);
  session->reported_bytes = 0;
  sessions_.erase(session);
}

napi_value Environment::allocate_artifact(size_t bytes) {
  const auto memory = std::make_shared<ArtifactMemory>(bytes);
  for (auto it = artifacts_.begin(); it != artifacts_.end();) {
    it = it->second.expired() ? artifacts_.erase(it) : std::next(it);
  }
  const napi_value buffer = external_array_buffer(env_, memory, memory->data(), bytes);
  void* data = nullptr;
  check(napi_get_arraybuffer_info(env_, buffer, &data, nullptr));
  if (data == memory->data()) artifacts_[data] = memory;  // a copy where external buffers are refused
  return buffer;
}

std::shared_ptr<void> Environment::artifact_reader(const void* data) {
  const auto found = artifacts_.find(data);
  const std::shared_ptr<ArtifactMemory> memory = found == artifacts_.end() ? nullptr : found->second.lock();
  return memory ? memory->reader() : nullptr;
}

void Environment::release_artifact(napi_value buffer) {
  void* data = nullptr;
  check(napi_get_arraybuffer_info(env_, buffer, &data, nullptr));
  const auto found = artifacts_.find(data);
  if (found != artifacts_.end()) {
    if (const std::shared_ptr<ArtifactMemory> memory = found->second.lock()) return memory->release();
    artifacts_.erase(found);  // the address is another buffer's by now
  }
  check(napi_detach_arraybuffer(env_, buffer));
}

napi_value Environment::allocate_bytes(size_t bytes) {
  const std::shared_ptr<void> memory = engine::allocate_tensor_memory(bytes);
  // Only now: memory that another thread frees in between could be given out again, inside a stale range.
  for (auto it = shared_memory_.begin(); it != shared_memory_.end();) {
    it = it->second.owner.expired() ? shared_memory_.erase(it) : std::next(it);
  }
  const napi_value buffer = external_array_buffer(env_, memory, memory.get(), bytes);
  void* data = nullptr;
  check(napi_get_arraybuffer_info(env_, buffer, &data, nullptr));
  if (data == memory.get())
    shared_memory_[data] = {memory, bytes};  // a copy where external buffers are refused is not ours
  return buffer;
}

std::shared_ptr<void> Environment::owner_of(void* data) {
  const auto found = shared_memory_.find(data);
  return found == shared_memory_.end() ? nullptr : found->second.owner.lock();
}

bool Environment::is_free(const void* data) const {
  const auto found = shared_memory_.find(data);
  return found == shared_memory_.end() || found->second.owner.use_count() <= 1;
}

bool Environment::is_shared(const void* data) const {
  auto after = shared_memory_.upper_bound(data);
  if (after == shared_memory_.begin()) return false;
  const auto& [begin, memory] = *std::prev(after);
  return !memory.owner.expired() &&
         static_cast<const char*>(data) < static_cast<const char*>(begin) + memory.bytes;
}

void Environment::shut() {
  if (channel_) channel_->shut();
  for (const std::shared_ptr<Session>& session : sessions_) session->close(std::nullopt);
  if (background_) background_->close();
  const engine::Clock::time_point deadline = engine::Clock::now() + kJoinLimit;
  for (const std::shared_ptr<Session>& session : sessions_) {
    if (session->executor().join_until(deadline)) continue;
    std::fputs(
        "node-libtorch: a model run did not end within 5 s of its environment; its thread is left behind\n",
        stderr);
    leave_behind(session, session->executor());
  }
  sessions_.clear();
  // Last: what it waits for is most often a run.
  if (background_ && !background_->join_until(deadline)) leave_behind(background_, *background_);
}

}  // namespace node_libtorch::binding
