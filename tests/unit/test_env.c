/* Environments of Python: made once, of a list of requirements, by the interpreter's own tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sys/wait.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stdlib/body/env.h"
#include "stdlib/body/process.h"

/* A wheel of one module, made by Python's own library: no registry is asked. */
static const char wheel[] = "import zipfile, sys\n"
                            "name = 'tiny-%s-py3-none-any.whl' % sys.argv[1]\n"
                            "info = 'tiny-%s.dist-info/' % sys.argv[1]\n"
                            "with zipfile.ZipFile(name, 'w') as z:\n"
                            "    z.writestr('tiny.py', 'VALUE = %r\\n' % sys.argv[1])\n"
                            "    z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: "
                            "tiny\\nVersion: %s\\n' % sys.argv[1])\n"
                            "    z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: "
                            "t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
                            "    z.writestr(info + 'RECORD', '')\n";

struct fixture {
    char project[ZPL_PATH_MAX], folder[ZPL_PATH_MAX];
    struct zpl_arena arena;
    struct zpl_diags diags;
};

static void put(const struct fixture *f, const char *name, const char *text)
{
    char path[ZPL_PATH_MAX];
    assert_int_equal(zpl_path_join(path, f->project, name), ZPL_OK);
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, NULL), ZPL_OK);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->project, sizeof f->project, "%s/zpl-env.XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(f->project));
    assert_int_equal(zpl_path_join(f->folder, f->project, "envs/one"), ZPL_OK);
    put(f, "wheel.py", wheel);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    (void)zpl_fs_remove_tree(f->project, NULL);
    zpl_diags_release(&f->diags);
    zpl_arena_release(&f->arena);
    free(f);
    return 0;
}

/* Runs a line of a shell in the project's folder; its exit code. */
static int shell(struct fixture *f, const char *line)
{
    char *words[] = {"sh", "-c", (char *)line, NULL};
    struct zpl_process process = {
        .arena = &f->arena, .diags = &f->diags, .folder = f->project, .words = words};
    assert_int_equal(zpl_process_run(&process), 0);
    return WIFEXITED(process.status) ? WEXITSTATUS(process.status) : -1;
}

static enum zpl_err make(struct fixture *f)
{
    const struct zpl_env env = {.folder = f->folder,
                                .interpreter = "python3",
                                .requirements = "requirements.txt",
                                .project = f->project};
    return zpl_env_make(&env, &f->arena, &f->diags);
}

static void it_is_made_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(shell(f, "python3 wheel.py 1.0"), 0);
    put(f, "requirements.txt", "./tiny-1.0-py3-none-any.whl\n");
    assert_false(zpl_env_stands(f->folder));
    assert_int_equal(make(f), ZPL_OK);
    assert_true(zpl_env_stands(f->folder));
    assert_int_equal(
        shell(f, "envs/one/bin/python -c 'import tiny, sys; sys.exit(tiny.VALUE != \"1.0\")'"), 0);
    /* Afterwards it needs nothing of what it was made of. */
    assert_int_equal(shell(f, "rm requirements.txt *.whl && ls -i envs/one/.whole >before"), 0);
    assert_int_equal(make(f), ZPL_OK);
    assert_int_equal(shell(f, "ls -i envs/one/.whole | cmp - before"), 0);
}

static void what_a_killed_maker_left_is_made_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        shell(f, "python3 wheel.py 2.0 && mkdir -p envs/one/lib && echo rest >envs/one/lib/rest"),
        0);
    put(f, "requirements.txt", "./tiny-2.0-py3-none-any.whl\n");
    assert_false(zpl_env_stands(f->folder));
    assert_int_equal(make(f), ZPL_OK);
    assert_int_equal(
        shell(f, "test ! -e envs/one/lib/rest && envs/one/bin/python -c 'import tiny'"), 0);
}

static void what_can_not_be_installed_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    put(f, "requirements.txt", "./absent-1.0-py3-none-any.whl\n");
    assert_int_equal(make(f), ZPL_ERR_STEP);
    assert_int_equal(f->diags.count, 1);
    assert_non_null(
        strstr(f->diags.items[0]->message, "the environment of requirements.txt can't be made"));
    assert_int_equal(shell(f, "test ! -e envs/one"), 0);
}

static void two_makers_make_one(void **state)
{
    struct fixture *f = *state;
    pid_t children[2];
    assert_int_equal(shell(f, "python3 wheel.py 3.0"), 0);
    put(f, "requirements.txt", "./tiny-3.0-py3-none-any.whl\n");
    for (size_t i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(make(f) == ZPL_OK ? 0 : 1);
    }
    for (size_t i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(shell(f, "envs/one/bin/python -c 'import tiny'"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_is_made_once),
        TEST(what_a_killed_maker_left_is_made_again),
        TEST(what_can_not_be_installed_leaves_nothing),
        TEST(two_makers_make_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
