#include "engine/rehearsal.h"

#if defined(__linux__)

#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>

namespace node_libtorch::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Another thread may hold a lock of LibTorch's or of the linker's in the moment of the fork, and the copy
// then waits for ever. So it is tried again; a library that takes longer by itself is not to be had.
constexpr std::chrono::seconds kTimeLimit{20};
constexpr int kTries = 2;
constexpr int kLookMs = 20;

int report = -1;  // of the copy: where it says what went wrong

[[noreturn]] void say(const char* text) {
  size_t left = std::strlen(text);
  while (left > 0) {
    const ssize_t written = write(report, text, left);
    if (written <= 0) break;
    text += written;
    left -= static_cast<size_t>(written);
  }
  _exit(1);
}

// For the exception in flight.
[[noreturn]] void say_exception() {
  try {
    if (std::current_exception()) throw;
  } catch (const c10::Error& error) {
    say((std::string("an initializer of it failed: ") + error.what_without_backtrace()).c_str());
  } catch (const std::exception& error) {
    say((std::string("an initializer of it failed: ") + error.what()).c_str());
  } catch (...) {
  }
  say("an initializer of it failed");
}

[[noreturn]] void open_in_copy(const std::string& path, pid_t parent) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTERM, SIGALRM}) {
    std::signal(signal, SIG_DFL);
  }
  // It holds the process's sockets, so it must not outlive it, nor what it starts outlive it: one group,
  // which is ended as a whole. The signal is for the end of the thread that forked, which waits for the copy.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it had ended before
  alarm(static_cast<unsigned>(kTimeLimit.count()) + 5);
  // What it prints comes again when it is opened in earnest.
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) {
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  // Whether an exception gets through the linker's frames is a matter of how they were compiled.
  std::set_terminate(say_exception);
  try {
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) _exit(0);
  } catch (...) {
    say_exception();
  }
  const char* reason = dlerror();
  say(reason != nullptr ? reason : "dlopen failed");
}

bool has_ended(pid_t process) {
  siginfo_t info{};
  // It stays a zombie, so that its number stands for nobody else yet.
  return waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == process;
}

// Takes what there is. False at the end, when nobody can write any more.
bool read_some(int descriptor, std::string& text) {
  char buffer[4096];
  const ssize_t count = read(descriptor, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR;
  if (text.size() < sizeof buffer) text.append(buffer, static_cast<size_t>(count));
  return count > 0;
}

// What the copy wrote until it ended; empty when it did not in time. A process that an initializer started
// may hold the other side of the pipe for longer, so its end alone does not count.
std::optional<std::string> read_until(int descriptor, pid_t copy, Clock::time_point deadline) {
  std::string text;
  bool open = true;
  for (;;) {
    const bool ended = has_ended(copy);
    pollfd waited{descriptor, POLLIN, 0};
    const int ready = open ? poll(&waited, 1, ended ? 0 : kLookMs) : poll(nullptr, 0, ended ? 0 : 1);
    if (ready > 0) {
      open = read_some(descriptor, text);
    } else if (ended) {
      return text;
    }
    if (Clock::now() > deadline) return std::nullopt;
  }
}

struct Ended {
  bool in_time;
  int status;
  std::string text;
};

std::optional<Ended> run_copy(const std::string& path) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return std::nullopt;
  const pid_t parent = getpid();
  const pid_t copy = fork();
  if (copy == 0) {
    report = pipe_ends[1];
    open_in_copy(path, parent);
  }
  if (copy > 0) setpgid(copy, copy);  // whichever of the two comes first
  close(pipe_ends[1]);
  if (copy < 0) {
    close(pipe_ends[0]);
    return std::nullopt;
  }
  const std::optional<std::string> text = read_until(pipe_ends[0], copy, Clock::now() + kTimeLimit);
  close(pipe_ends[0]);
  if (!text) kill(copy, SIGKILL);
  kill(-copy, SIGKILL);  // whatever it started
  Ended ended{text.has_value(), 0, text.value_or("")};
  while (waitpid(copy, &ended.status, 0) < 0 && errno == EINTR) {
  }
  return ended;
}

}  // namespace

std::optional<std::string> rehearse_opening(const std::string& path) {
  for (int i = 0; i < kTries; ++i) {
    const std::optional<Ended> ended = run_copy(path);
    if (!ended) return std::nullopt;  // no process or pipe to be had: it goes without
    if (!ended->in_time) continue;
    if (WIFEXITED(ended->status) && WEXITSTATUS(ended->status) == 0) return std::nullopt;
    if (!ended->text.empty()) return ended->text;
    if (WIFSIGNALED(ended->status)) {
      return std::string("it ended the process that tried it with ") + strsignal(WTERMSIG(ended->status));
    }
    return "it ended the process that tried it";
  }
  return "it was still being opened after " + std::to_string(kTimeLimit.count()) + " s";
}

}  // namespace node_libtorch::engine

#else

namespace node_libtorch::engine {

// macOS's own libraries do not survive a fork.
std::optional<std::string> rehearse_opening(const std::string&) { return std::nullopt; }

}  // namespace node_libtorch::engine

#endif
