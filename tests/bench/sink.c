// A webhook receiver that costs next to nothing: HTTP/1.1 with keep-alive on loopback, one thread,
// answers 200 to whatever comes and notes on the board when each event's request came. Where the
// path begins with /hang it never answers, and notes nothing.
//   sink BOARD        runs until it is ended by a signal
#include "tests/bench/board.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 128 * 1024, EVENTS = 64 };

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char hanging[] = "POST /hang";

struct connection {
    int fd;
    size_t used;
    char buffer[BUFFER_BYTES + 1];
};

static int listen_on_loopback(struct board *board)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, 512) < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        err(1, "listen");
    }
    atomic_store(&board->port, ntohs(address.sin_port));
    return fd;
}

// The first "load-<number>" of the body names the event.
static void mark(struct board *board, const char *body, size_t size)
{
    const char *found = memmem(body, size, "load-", 5);
    int64_t now_ns = board_now_ns();
    long long request = atomic_load(&board->requests);
    char *end;
    unsigned long number;

    if (request < BOARD_SLOTS) {
        atomic_store(&board->request_ns[request], now_ns);
    }
    atomic_store(&board->requests, request + 1);
    if (found == NULL) {
        return;
    }
    number = strtoul(found + 5, &end, 10);
    if (end == found + 5 || number >= BOARD_SLOTS || atomic_load(&board->arrived_ns[number]) != 0) {
        return;
    }
    atomic_store(&board->arrived_ns[number], now_ns);
    atomic_fetch_add(&board->marked, 1);
}

static size_t body_size(const char *head)
{
    const char *line = strcasestr(head, "\r\ncontent-length:");

    return line ? strtoul(line + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

// Answers the requests that are whole; keeps the rest. -1 where the connection is of no more use.
static int serve(struct board *board, struct connection *connection)
{
    size_t done = 0;

    connection->buffer[connection->used] = '\0';
    while (done < connection->used) {
        char *start = connection->buffer + done;
        char *end = strstr(start, "\r\n\r\n");
        size_t head, body;

        if (end == NULL) {
            break;
        }
        head = (size_t)(end - start) + 4;
        *end = '\0';
        body = body_size(start);
        *end = '\r';
        if (connection->used - done < head + body) {
            break;
        }
        done += head + body;
        if (strncmp(start, hanging, sizeof hanging - 1) == 0) {
            continue;
        }
        mark(board, start + head, body);
        if (write(connection->fd, answer, sizeof answer - 1) < 0) {
            return -1;
        }
    }
    memmove(connection->buffer, connection->buffer + done, connection->used - done);
    connection->used -= done;
    return connection->used == BUFFER_BYTES ? -1 : 0;
}

static void hear(struct board *board, struct connection *connection)
{
    ssize_t got = read(connection->fd, connection->buffer + connection->used,
                       BUFFER_BYTES - connection->used);

    if (got > 0) {
        connection->used += (size_t)got;
    }
    if (got <= 0 || serve(board, connection) < 0) {
        close(connection->fd); // leaves the epoll set with it
        free(connection);
    }
}

static void welcome(int epoll, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct connection *connection = fd < 0 ? NULL : calloc(1, sizeof *connection);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    if (connection == NULL) {
        return;
    }
    connection->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        err(1, "epoll_ctl");
    }
}

int main(int count, char **arguments)
{
    struct board *board = count == 2 ? board_map(arguments[1], 1) : NULL;
    struct epoll_event event = {.events = EPOLLIN}, ready[EVENTS];
    int listener, epoll;

    if (board == NULL) {
        errx(2, "usage: sink BOARD");
    }
    epoll = epoll_create1(EPOLL_CLOEXEC);
    listener = listen_on_loopback(board);
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) {
        err(1, "epoll");
    }
    for (;;) {
        int found = epoll_wait(epoll, ready, EVENTS, -1);

        for (int i = 0; i < found; i++) {
            if (ready[i].data.ptr) {
                hear(board, ready[i].data.ptr);
            } else {
                welcome(epoll, listener);
            }
        }
    }
}
