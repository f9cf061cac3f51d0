// A load generator for HTTP/1.1 over loopback. It costs a few microseconds a request, where one in JavaScript costs as
// much as the server that it measures: on two cores that is felt.
//
//   load PORT RATE SECONDS CONNECTIONS OPENED < request > records
//
// RATE 0 is a closed loop: each of CONNECTIONS sends its next request when it has its answer. Any other rate is an open
// loop: requests are due at a constant rate, whatever becomes of the earlier ones; OPENED connections are there at the
// beginning, and others are opened when all are in use, up to CONNECTIONS. Beyond, a due request waits here.
//
// Standard output: for each request four doubles: milliseconds from the start when it was due, when it was sent and when
// its answer was whole; and its status (0: the connection broke). Then a last four: the wall time in milliseconds, this
// program's CPU time, how many connections there were, and how many requests were begun.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { most_answer = 1 << 16, events_at_once = 256 };
/** Whatever has no answer this long after the last request was due is lost. */
static const double patience_ms = 35000;

typedef struct { double due, sent, done, status; } Record;

typedef struct Connection {
  int fd;
  int busy;
  size_t written;
  size_t received;
  Record current;
  struct Connection* next_idle;
  char answer[most_answer];
} Connection;

static char* request;
static size_t request_length;
static struct sockaddr_in target;
static int epoll;
static double begun;
static Record* records;
static size_t count, capacity;
static Connection* idle;
static size_t in_flight;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static double clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static double now_ms(void) { return clock_ms() - begun; }

static void read_request(void) {
  size_t room = 1 << 16;
  request = malloc(room);
  for (;;) {
    ssize_t got = read(0, request + request_length, room - request_length);
    if (got < 0) die("read");
    if (got == 0) return;
    request_length += (size_t)got;
    if (request_length == room) request = realloc(request, room *= 2);
  }
}

static void watch(Connection* connection, int op, uint32_t what) {
  struct epoll_event event = {.events = what, .data.ptr = connection};
  if (epoll_ctl(epoll, op, connection->fd, &event) < 0) die("epoll_ctl");
}

static void open_connection(Connection* connection) {
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection->fd < 0) die("socket");
  int on = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(connection->fd, (struct sockaddr*)&target, sizeof target) < 0 && errno != EINPROGRESS) die("connect");
  watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void close_connection(Connection* connection) {
  close(connection->fd);
  connection->fd = -1;
}

static void settle(Connection* connection, int status) {
  connection->current.done = now_ms();
  connection->current.status = status;
  if (count == capacity) {
    capacity = capacity ? capacity * 2 : 1 << 16;
    records = realloc(records, capacity * sizeof *records);
  }
  records[count++] = connection->current;
  connection->busy = 0;
  in_flight--;
  connection->next_idle = idle;
  idle = connection;
}

/** Sends the rest of the request; asks to be told when there is room for more of it. */
static void write_on(Connection* connection) {
  while (connection->written < request_length) {
    ssize_t sent = send(connection->fd, request + connection->written, request_length - connection->written, MSG_NOSIGNAL);
    if (sent >= 0) {
      connection->written += (size_t)sent;
      continue;
    }
    if (errno == EAGAIN || errno == ENOTCONN) {
      watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return;
    }
    close_connection(connection);
    settle(connection, 0);
    return;
  }
}

static void dispatch(Connection* connection, double due) {
  connection->current = (Record){.due = due, .sent = now_ms()};
  connection->busy = 1;
  connection->written = connection->received = 0;
  in_flight++;
  if (connection->fd < 0) open_connection(connection);
  write_on(connection);
}

/** The length of the whole answer; 0 while its head is not there. */
static size_t length_of(const char* answer, size_t received, int* closes) {
  const char* end = memmem(answer, received, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end - answer) + 4;
  size_t body = 0;
  int known = 0;
  *closes = 0;
  for (const char* line = answer; line < end; line = (const char*)memmem(line, head - (line - answer), "\r\n", 2) + 2) {
    if (strncasecmp(line, "content-length:", 15) == 0) {
      body = strtoul(line + 15, NULL, 10);
      known = 1;
    }
    if (strncasecmp(line, "connection: close", 17) == 0) *closes = 1;
  }
  if (!known) {
    fprintf(stderr, "an answer without content-length: %.*s\n", (int)head, answer);
    exit(1);
  }
  if (head + body > most_answer) {
    fprintf(stderr, "an answer of %zu bytes\n", head + body);
    exit(1);
  }
  return head + body;
}

static void read_on(Connection* connection) {
  ssize_t got = recv(connection->fd, connection->answer + connection->received, most_answer - connection->received, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close_connection(connection);
    if (connection->busy) settle(connection, 0);
    return;
  }
  if (!connection->busy) return;
  connection->received += (size_t)got;
  int closes = 0;
  size_t length = length_of(connection->answer, connection->received, &closes);
  if (length == 0 || connection->received < length) return;
  // The server counts requests of a connection and ends it after so many; an answer may also come before the request is out.
  if (closes || connection->written < request_length) close_connection(connection);
  settle(connection, atoi(connection->answer + 9));
}

static double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void put(const void* bytes, size_t length) {
  if (fwrite(bytes, 1, length, stdout) != length) die("write");
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: load PORT RATE SECONDS CONNECTIONS OPENED < request > records\n");
    return 2;
  }
  double rate = atof(argv[2]);
  double seconds = atof(argv[3]);
  size_t most = strtoul(argv[4], NULL, 10);
  size_t opened = strtoul(argv[5], NULL, 10);
  int closed_loop = rate == 0;
  if (closed_loop || opened > most) opened = most;
  target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  inet_pton(AF_INET, "127.0.0.1", &target.sin_addr);
  read_request();
  epoll = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event tick = {.events = EPOLLIN};
  if (epoll < 0 || timer < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &tick) < 0) die("timer");

  Connection* all = calloc(most, sizeof *all);
  size_t there = 0;
  for (; there < opened; there++) {
    open_connection(&all[there]);
    all[there].next_idle = idle;
    idle = &all[there];
  }
  usleep(100000);
  double cpu = cpu_seconds();
  begun = clock_ms();
  size_t total = closed_loop ? SIZE_MAX : (size_t)(rate * seconds + 0.5);
  if (total == 0) total = 1;
  size_t next = 0;
  double until = seconds * 1000;
  for (;;) {
    double now = now_ms();
    if (closed_loop) {
      while (idle && now < until) {
        Connection* connection = idle;
        idle = connection->next_idle;
        next++;
        dispatch(connection, now);
      }
      if (in_flight == 0 && now >= until) break;
    } else {
      for (; next < total && next * 1000 / rate <= now; next++) {
        if (!idle && there < most) {
          all[there].fd = -1;
          all[there].next_idle = NULL;
          idle = &all[there++];
        }
        if (!idle) break;
        Connection* connection = idle;
        idle = connection->next_idle;
        dispatch(connection, next * 1000 / rate);
      }
      if (next == total && in_flight == 0) break;
    }
    if (now > until + patience_ms) break;
    // While the next request waits for a connection, an answer is what wakes this loop.
    double at = closed_loop ? until : next < total && next * 1000 / rate > now ? next * 1000 / rate : until + patience_ms;
    double wake = begun + (at > now ? at : now + 100);
    struct itimerspec spec = {.it_value = {.tv_sec = (time_t)(wake / 1e3)}};
    spec.it_value.tv_nsec = (long)((wake - spec.it_value.tv_sec * 1e3) * 1e6);
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, NULL);
    struct epoll_event events[events_at_once];
    int found = epoll_wait(epoll, events, events_at_once, -1);
    for (int i = 0; i < found; i++) {
      Connection* connection = events[i].data.ptr;
      if (!connection) {
        uint64_t ticks;
        (void)!read(timer, &ticks, sizeof ticks);
        continue;
      }
      if (events[i].events & EPOLLOUT && connection->busy && connection->fd >= 0) {
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
        write_on(connection);
      }
      if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP) && connection->fd >= 0) read_on(connection);
    }
  }
  Record end = {.due = now_ms(), .sent = (cpu_seconds() - cpu) * 1000, .done = (double)there, .status = (double)next};
  put(records, count * sizeof *records);
  put(&end, sizeof end);
  return fflush(stdout) == 0 ? 0 : 1;
}
