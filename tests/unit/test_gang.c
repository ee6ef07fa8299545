/* A gang whose members are on other machines: the words that come from there, who is blamed, and what is made of a machine
 * that says no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lang/base/proc.h"
#include "stdlib/body/gang.h"
#include "stdlib/body/gang_word.h"

static struct zpl_arena arena;
static struct zpl_diags diags;

/* ---- words ---- */

static void words_come_back(void **state)
{
    (void)state;
    static const struct zpl_gang_word all[] = {
        {.kind = ZPL_GANG_HEARD, .rank = 3, .text = "{\"log\":\"a\\nb\"}", .len = 14},
        {.kind = ZPL_GANG_PRINTED, .rank = 0, .text = "", .len = 0},
        {.kind = ZPL_GANG_OVER, .rank = 1},
        {.kind = ZPL_GANG_ENDED, .rank = UINT32_MAX, .status = 139, .tried = true},
        {.kind = ZPL_GANG_NOTED, .text = "a\nb", .len = 3},
        {.kind = ZPL_GANG_BROKE, .text = "why", .len = 3},
        {.kind = ZPL_GANG_ALIVE}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct zpl_buf line = {0};
        struct zpl_gang_word got;
        struct zpl_json *keep;
        assert_int_equal(zpl_gang_word_put(&line, &all[i]), ZPL_OK);
        assert_ptr_equal(strchr(line.data, '\n'), line.data + line.len - 1);
        assert_true(zpl_gang_word_take(line.data, line.len - 1, &got, &keep));
        assert_int_equal(got.kind, all[i].kind);
        assert_int_equal(got.status, all[i].status);
        assert_int_equal(got.tried, all[i].tried);
        if (all[i].kind <= ZPL_GANG_ENDED)
            assert_int_equal(got.rank, all[i].rank);
        if (all[i].text != NULL) {
            assert_int_equal(got.len, all[i].len);
            assert_memory_equal(got.text, all[i].text, got.len);
        }
        zpl_json_release(keep);
        zpl_buf_release(&line);
    }
}

static void what_is_no_word_is_not_taken(void **state)
{
    (void)state;
    for (const char *const *bad =
             (const char *const[]){"", "slurmstepd: error", "{}", "[]", "{\"heard\":\"x\"}",
                                   "{\"heard\":1,\"rank\":1}", "{\"ended\":0,\"rank\":-1}", NULL};
         *bad; bad++) {
        struct zpl_gang_word word;
        struct zpl_json *keep;
        assert_false(zpl_gang_word_take(*bad, strlen(*bad), &word, &keep));
        zpl_json_release(keep);
    }
}

/* ---- a gang of two machines, with ranks 0 and 1 on the first, 2 on the second ---- */

#define RANKS 3

struct member {
    char heard[100];
    struct zpl_process *process;
};
static struct member members[RANKS];
static struct zpl_process processes[RANKS];
static struct zpl_gang_part parts[2];
static int ends[2]; /* by which the machines speak */

static void heard(void *self, const void *message, size_t len)
{
    struct member *m = self;
    strncat(m->heard, message, len);
}

static void printed(void *self, const char *line, size_t len)
{
    heard(self, line, len);
    heard(self, "|", 1);
}

/* Says "cut" or "bad" for itself; ended with another status than 0 it has failed. */
static enum zpl_gang_verdict verdict(void *self, bool ended)
{
    const struct member *m = self;
    return strstr(m->heard, "cut") != NULL    ? ZPL_GANG_CUT
           : strstr(m->heard, "bad") != NULL  ? ZPL_GANG_FAILED
           : ended && m->process->status != 0 ? ZPL_GANG_FAILED
                                              : ZPL_GANG_FINE;
}

static struct zpl_gang gang;

static int set_up(void **state)
{
    (void)state;
    memset(members, 0, sizeof members);
    for (size_t i = 0; i < RANKS; i++) {
        processes[i] = (struct zpl_process){
            .arena = &arena, .diags = &diags, .heard = heard, .self = &members[i]};
        members[i].process = &processes[i];
    }
    for (size_t i = 0; i < 2; i++) {
        int pair[2];
        if (zpl_proc_cloexec_pair(pair) != ZPL_OK)
            return -1;
        ends[i] = pair[1];
        parts[i] = (struct zpl_gang_part){.machine = i == 0 ? "n1" : "n2",
                                          .first = i == 0 ? 0 : 2,
                                          .count = i == 0 ? 2 : 1,
                                          .stream = pair[0]};
    }
    gang = (struct zpl_gang){.processes = processes,
                             .count = RANKS,
                             .parts = parts,
                             .part_count = 2,
                             .verdict = verdict,
                             .printed = printed};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    zpl_arena_release(&arena);
    zpl_diags_release(&diags);
    return 0;
}

static void say(size_t machine, const char *lines)
{
    assert_int_equal(send(ends[machine], lines, strlen(lines), 0), strlen(lines));
}

static void leave(size_t machine)
{
    close(ends[machine]);
    ends[machine] = -1;
}

static void all_end_well(void **state)
{
    (void)state;
    say(0, "{\"heard\":\"a\",\"rank\":0}\n{\"printed\":\"line\",\"rank\":1}\n{\"alive\":true}\n"
           "no word\n{\"heard\":\"not yours\",\"rank\":2}\n"
           "{\"ended\":0,\"rank\":0,\"tried\":false}\n{\"ended\":0,\"rank\":1,\"tried\":true}\n");
    say(1, "{\"ended\":0,\"rank\":2,\"tried\":false}\n");
    leave(1);
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_int_equal(gang.blamed, -1);
    assert_null(gang.lost);
    assert_string_equal(members[0].heard, "a");
    assert_string_equal(members[1].heard, "line|");
    assert_string_equal(members[2].heard, "");
    assert_true(processes[1].tried);
    assert_int_equal(parts[0].stream, -1);
}

/* The one that fails ends all: the machines are asked to, and heard until they have. */
static void one_fails(void **state)
{
    (void)state;
    char rest;
    say(1, "{\"heard\":\"bad\",\"rank\":2}\n{\"ended\":0,\"rank\":2,\"tried\":false}\n");
    pid_t child = fork();
    if (child == 0) { /* the first machine ends its own when it is asked to */
        for (size_t i = 0; i < 2; i++)
            close(parts[i].stream);
        close(ends[1]);
        bool asked = read(ends[0], &rest, 1) == 0;
        say(0, "{\"ended\":15,\"rank\":0,\"tried\":false}\n{\"ended\":15,\"rank\":1,\"tried\":"
               "false}\n");
        _exit(!asked);
    }
    leave(0);
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_int_equal(gang.blamed, 2);
    assert_int_equal(processes[1].status, 15);
    assert_null(gang.lost);
}

static void one_is_over_its_memory(void **state)
{
    (void)state;
    say(0, "{\"over\":true,\"rank\":1}\n");
    leave(0);
    leave(1);
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_true(gang.over_memory);
    assert_int_equal(gang.blamed, 1);
    assert_null(gang.lost);
}

static void a_machine_leaves_before_its_time(void **state)
{
    (void)state;
    leave(1);
    leave(0);
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_int_equal(gang.blamed, -1);
    assert_ptr_equal(gang.lost, &parts[0]);
    assert_null(gang.why);
}

/* One that had fallen silent when all are ended from outside is not waited for, and known. */
static void a_silent_machine_is_known_when_all_are_ended(void **state)
{
    (void)state;
    pid_t self = getpid(), child = fork();
    if (child == 0) {
        for (size_t i = 0; i < 2; i++)
            close(parts[i].stream);
        for (int i = 0; i < 40; i++) { /* longer than three words */
            say(0, "{\"alive\":true}\n");
            usleep(100000);
        }
        kill(self, SIGTERM);
        say(0, "{\"ended\":15,\"rank\":0,\"tried\":false}\n{\"ended\":15,\"rank\":1,\"tried\":"
               "false}\n");
        usleep(500000);
        _exit(0);
    }
    leave(0);
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_true(gang.ended);
    assert_false(parts[0].silent);
    assert_true(parts[1].silent);
}

static void a_machine_says_why_it_leaves(void **state)
{
    (void)state;
    say(0, "{\"ended\":0,\"rank\":0,\"tried\":false}\n{\"ended\":0,\"rank\":1,\"tried\":false}\n");
    say(1, "{\"failed\":\"no room\"}\n");
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_int_equal(gang.blamed, -1);
    assert_ptr_equal(gang.lost, &parts[1]);
    assert_string_equal(gang.why, "no room");
}

/* Who lost its connection is not to blame while another machine has not spoken since: that one is gone. */
static void a_lost_connection_waits_for_all_machines(void **state)
{
    (void)state;
    say(0, "{\"heard\":\"cut\",\"rank\":0}\n");
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < 2; i++)
            close(parts[i].stream);
        for (int i = 0; i < 30; i++) { /* longer than others are waited for */
            say(0, "{\"alive\":true}\n");
            usleep(100000);
        }
        close(ends[1]);
        usleep(500000);
        _exit(0);
    }
    leave(0);
    leave(1);
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_int_equal(gang.blamed, -1);
    assert_ptr_equal(gang.lost, &parts[1]);
}

static void a_lost_connection_is_blamed_when_all_are_there(void **state)
{
    (void)state;
    say(0, "{\"heard\":\"cut\",\"rank\":0}\n");
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < 2; i++)
            close(parts[i].stream);
        for (int i = 0; i < 30; i++) {
            say(0, "{\"alive\":true}\n");
            say(1, "{\"alive\":true}\n");
            usleep(100000);
        }
        _exit(0);
    }
    leave(0);
    leave(1);
    assert_int_equal(zpl_gang_run(&gang), 0);
    assert_int_equal(gang.blamed, 0);
    assert_null(gang.lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(what_is_no_word_is_not_taken),
        cmocka_unit_test_setup_teardown(all_end_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_is_over_its_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_machine_leaves_before_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_machine_is_known_when_all_are_ended, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_machine_says_why_it_leaves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_connection_waits_for_all_machines, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lost_connection_is_blamed_when_all_are_there, set_up,
                                        tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
