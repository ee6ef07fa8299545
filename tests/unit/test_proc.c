/* test_proc.c - framed messages between processes, and how a process ended. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "lang/base/fault.h"
#include "lang/base/proc.h"
#include "lang/base/proc_below.h"

/* Descriptors that are open, to see that none leaks. */
static int count_open(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void close_pair(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

static bool same_file(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static void a_pair_is_connected_and_cloexec(void **state)
{
    (void)state;
    int pair[2];
    char c = 0;
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fcntl(pair[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(write(pair[i], "x", 1), 1);
        assert_int_equal(read(pair[1 - i], &c, 1), 1);
    }
    close_pair(pair);
    zpl_fault_arm(ZPL_FAULT_OPEN, 0, EMFILE);
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_ERR_IO);
    assert_int_equal(errno, EMFILE);
    assert_int_equal(pair[0], -1);
    assert_int_equal(pair[1], -1);
}

static void messages_keep_their_bounds(void **state)
{
    (void)state;
    int pair[2];
    struct zpl_buf out = {0};
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    assert_int_equal(zpl_msg_send(pair[0], "one", 3, NULL, 0), ZPL_OK);
    assert_int_equal(zpl_msg_send(pair[0], NULL, 0, NULL, 0), ZPL_OK);
    assert_int_equal(zpl_msg_send(pair[0], "a\0b", 3, NULL, 0), ZPL_OK);
    close(pair[0]);
    assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_OK);
    assert_string_equal(zpl_buf_str(&out), "one");
    assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_OK);
    assert_int_equal(out.len, 3);
    assert_memory_equal(out.data, "a\0b", 3);
    assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_ERR_NOT_FOUND);
    close(pair[1]);
    zpl_buf_release(&out);
}

static void descriptors_travel_with_their_message(void **state)
{
    (void)state;
    int pair[2], files[2], got[4], before = count_open();
    size_t count = 4;
    struct zpl_buf out = {0};
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    assert_int_equal(pipe2(files, O_CLOEXEC), 0);
    assert_int_equal(zpl_msg_send(pair[0], "none", 4, NULL, 0), ZPL_OK);
    assert_int_equal(zpl_msg_send(pair[0], "both", 4, files, 2), ZPL_OK);
    assert_int_equal(zpl_msg_send(pair[0], "", 0, files, 1), ZPL_OK);
    assert_int_equal(zpl_msg_recv(pair[1], &out, got, &count), ZPL_OK);
    assert_string_equal(zpl_buf_str(&out), "none");
    assert_int_equal(count, 0);
    count = 4;
    assert_int_equal(zpl_msg_recv(pair[1], &out, got, &count), ZPL_OK);
    assert_string_equal(zpl_buf_str(&out), "both");
    assert_int_equal(count, 2);
    for (int i = 0; i < 2; i++) {
        assert_true(same_file(got[i], files[i]));
        assert_int_not_equal(got[i], files[i]);
        assert_int_equal(fcntl(got[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
    close_pair(got);
    count = 4;
    assert_int_equal(zpl_msg_recv(pair[1], &out, got, &count), ZPL_OK);
    assert_int_equal(count, 1);
    close(got[0]);
    close_pair(files);
    close_pair(pair);
    assert_int_equal(count_open(), before);
    zpl_buf_release(&out);
}

static void descriptors_that_do_not_fit_are_closed(void **state)
{
    (void)state;
    int pair[2], files[2], got[1], before = count_open();
    size_t count = 1;
    struct zpl_buf out = {0};
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    assert_int_equal(pipe2(files, O_CLOEXEC), 0);
    assert_int_equal(zpl_msg_send(pair[0], "x", 1, files, 2), ZPL_OK);
    assert_int_equal(zpl_msg_recv(pair[1], &out, got, &count), ZPL_ERR_LIMIT);
    assert_int_equal(count, 0);
    close_pair(pair);
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    assert_int_equal(zpl_msg_send(pair[0], "x", 1, files, 2), ZPL_OK);
    assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_ERR_LIMIT);
    int many[ZPL_MESSAGE_FDS_MAX + 1] = {0};
    assert_int_equal(zpl_msg_send(pair[0], "x", 1, many, ZPL_MESSAGE_FDS_MAX + 1), ZPL_ERR_LIMIT);
    close_pair(files);
    close_pair(pair);
    assert_int_equal(count_open(), before);
    zpl_buf_release(&out);
}

static void messages_over_the_limit_are_refused(void **state)
{
    (void)state;
    int pair[2];
    struct zpl_buf out = {0};
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    assert_int_equal(zpl_msg_send(pair[0], "", (size_t)ZPL_MESSAGE_MAX + 1, NULL, 0),
                     ZPL_ERR_LIMIT);
    assert_int_equal(write(pair[0], "\xFF\xFF\xFF\xFF", 4), 4);
    assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_ERR_LIMIT);
    assert_int_equal(write(pair[0],
                           "\x09\0\0\0"
                           "123456789",
                           13),
                     13);
    struct zpl_buf small = {.cap = 8};
    assert_int_equal(zpl_msg_recv(pair[1], &small, NULL, NULL), ZPL_ERR_LIMIT);
    close_pair(pair);
    zpl_buf_release(&out);
    zpl_buf_release(&small);
}

static void a_peer_that_ends_inside_a_message_is_an_error(void **state)
{
    (void)state;
    static const char WHOLE[] = "\5\0\0\0hello";
    for (size_t n = 1; n < sizeof WHOLE - 1; n++) {
        int pair[2];
        struct zpl_buf out = {0};
        assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
        assert_int_equal(write(pair[0], WHOLE, n), n);
        close(pair[0]);
        assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_ERR_IO);
        assert_int_equal(errno, ECONNRESET);
        assert_int_equal(out.len, 0);
        close(pair[1]);
        zpl_buf_release(&out);
    }
}

static void sending_to_a_dead_peer_is_an_error_not_a_signal(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    close(pair[1]);
    assert_int_equal(zpl_msg_send(pair[0], "x", 1, NULL, 0), ZPL_ERR_IO);
    assert_int_equal(errno, EPIPE);
    close(pair[0]);
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* A large message against a slow reader, under a storm of signals, blocking or not. */
static void send_large(bool blocking)
{
    enum { SIZE = 5 << 20 };
    int pair[2], file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    if (!blocking) {
        fcntl(pair[0], F_SETFL, O_NONBLOCK);
        fcntl(pair[1], F_SETFL, O_NONBLOCK);
    }
    unsigned char *data = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(i * 31 + (i >> 8));
    pid_t sender = fork();
    assert_true(sender >= 0);
    if (sender == 0)
        _exit(zpl_msg_send(pair[0], data, SIZE, &file, 1) != ZPL_OK);
    close(pair[0]);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    timer_t timer;
    assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
    struct itimerspec often = {{0, 300000}, {0, 300000}};
    timer_settime(timer, 0, &often, NULL);
    struct zpl_buf out = {0};
    int got = -1;
    size_t count = 1;
    assert_int_equal(zpl_msg_recv(pair[1], &out, &got, &count), ZPL_OK);
    timer_delete(timer);
    assert_int_equal(count, 1);
    assert_true(same_file(got, file));
    assert_int_equal(out.len, SIZE);
    assert_memory_equal(out.data, data, SIZE);
    int status = -1;
    while (waitpid(sender, &status, 0) < 0 && errno == EINTR)
        ;
    assert_int_equal(status, 0);
    close(got);
    close(file);
    close(pair[1]);
    free(data);
    zpl_buf_release(&out);
}

static void large_messages_go_through_whatever_interrupts(void **state)
{
    (void)state;
    send_large(true);
    send_large(false);
    int pair[2];
    struct zpl_buf out = {0};
    assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
    zpl_fault_arm(ZPL_FAULT_WRITE, 0, EINTR);
    assert_int_equal(zpl_msg_send(pair[0], "x", 1, NULL, 0), ZPL_OK);
    assert_true(zpl_fault_fired());
    zpl_fault_arm(ZPL_FAULT_READ, 1, EINTR);
    assert_int_equal(zpl_msg_recv(pair[1], &out, NULL, NULL), ZPL_OK);
    assert_true(zpl_fault_fired());
    assert_string_equal(zpl_buf_str(&out), "x");
    close_pair(pair);
    zpl_buf_release(&out);
}

static void failing_calls_are_told(void **state)
{
    (void)state;
    static const enum zpl_fault_kind KINDS[] = {ZPL_FAULT_READ, ZPL_FAULT_WRITE, ZPL_FAULT_ALLOC};
    int before = count_open();
    for (size_t i = 0; i < 3; i++) {
        bool failed = true;
        for (long n = 0; failed; n++) {
            int pair[2], file = open("/dev/null", O_RDONLY | O_CLOEXEC), got = -1;
            size_t count = 1;
            struct zpl_buf out = {0};
            assert_int_equal(zpl_proc_cloexec_pair(pair), ZPL_OK);
            zpl_fault_arm(KINDS[i], n, EIO);
            enum zpl_err err = zpl_msg_send(pair[0], "hello", 5, &file, 1);
            if (err == ZPL_OK)
                err = zpl_msg_recv(pair[1], &out, &got, &count);
            failed = zpl_fault_fired();
            zpl_fault_disarm();
            enum zpl_err expected = KINDS[i] == ZPL_FAULT_ALLOC ? ZPL_ERR_NOMEM : ZPL_ERR_IO;
            assert_int_equal(err, failed ? expected : ZPL_OK);
            if (!failed)
                close(got);
            close(file);
            close_pair(pair);
            assert_int_equal(count_open(), before);
            assert_true(n < 20);
            zpl_buf_release(&out);
        }
    }
}

/* How a child that ends by itself or by a signal is described. */
static void expect_words(int code, int signal, const char *expected)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        if (signal) {
            struct sigaction plain = {.sa_handler = SIG_DFL};
            sigaction(signal, &plain, NULL);
            raise(signal);
        }
        _exit(code);
    }
    int status;
    char words[ZPL_EXIT_WORDS_SIZE];
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_string_equal(zpl_proc_exit_words(status, words), expected);
}

static void ends_are_put_into_words(void **state)
{
    (void)state;
    char expected[64];
    expect_words(0, 0, "exit code 0");
    expect_words(3, 0, "exit code 3");
    snprintf(expected, sizeof expected, "signal %d (SIGSEGV)", SIGSEGV);
    expect_words(0, SIGSEGV, expected);
    snprintf(expected, sizeof expected, "signal %d (SIGKILL)", SIGKILL);
    expect_words(0, SIGKILL, expected);
    snprintf(expected, sizeof expected, "signal %d", SIGRTMIN + 3);
    expect_words(0, SIGRTMIN + 3, expected);
}

/* A process with so much memory, and below it another; it says when both have theirs, and waits to be killed. */
static pid_t hold(size_t bytes, bool below, int told)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char *mine = malloc(bytes);
    memset(mine, 1, bytes);
    if (below)
        (void)hold(bytes, false, told);
    (void)!write(told, "!", 1);
    pause();
    _exit(mine[bytes / 2]);
}

static void memory_is_that_of_a_process_and_of_all_below_it(void **state)
{
    (void)state;
    const size_t held = 32u << 20, own = zpl_proc_memory(getpid()) + (1u << 20);
    int told[2];
    char said[3];
    pid_t children[4];
    assert_int_equal(pipe(told), 0);
    pid_t two = hold(held, true, told[1]), one = hold(held, false, told[1]);
    for (size_t n = 0; n < sizeof said;)
        n += (size_t)read(told[0], said + n, sizeof said - n);
    assert_int_equal(zpl_proc_children(two, children, 4), 1);
    assert_in_range(zpl_proc_memory(one), held, held + own);
    assert_in_range(zpl_proc_memory_below(one, 10 * held), held, held + own);
    /* of the two those pages count once that they share since the fork, where more than the limit is held */
    assert_in_range(zpl_proc_memory_below(two, 10 * held), 3 * held, 3 * held + 2 * own);
    assert_in_range(zpl_proc_memory_below(two, held), 2 * held, 2 * held + 2 * own);
    assert_true(zpl_proc_memory_below(0, 100 * held) >= 4 * held);
    kill(children[0], SIGKILL);
    kill(one, SIGKILL);
    kill(two, SIGKILL);
    assert_int_equal(waitpid(one, NULL, 0), one);
    assert_int_equal(waitpid(two, NULL, 0), two);
    assert_int_equal(zpl_proc_memory_below(one, held), 0);
    close(told[0]);
    close(told[1]);
}

static void the_program_knows_its_path(void **state)
{
    (void)state;
    char path[ZPL_PATH_MAX];
    struct stat by_path, by_proc;
    assert_int_equal(zpl_proc_self_path(path), ZPL_OK);
    assert_int_equal(path[0], '/');
    assert_int_equal(stat(path, &by_path), 0);
    assert_int_equal(stat("/proc/self/exe", &by_proc), 0);
    assert_int_equal(by_path.st_ino, by_proc.st_ino);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_connected_and_cloexec),
        cmocka_unit_test(messages_keep_their_bounds),
        cmocka_unit_test(descriptors_travel_with_their_message),
        cmocka_unit_test(descriptors_that_do_not_fit_are_closed),
        cmocka_unit_test(messages_over_the_limit_are_refused),
        cmocka_unit_test(a_peer_that_ends_inside_a_message_is_an_error),
        cmocka_unit_test(sending_to_a_dead_peer_is_an_error_not_a_signal),
        cmocka_unit_test(large_messages_go_through_whatever_interrupts),
        cmocka_unit_test(failing_calls_are_told),
        cmocka_unit_test(ends_are_put_into_words),
        cmocka_unit_test(memory_is_that_of_a_process_and_of_all_below_it),
        cmocka_unit_test(the_program_knows_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
