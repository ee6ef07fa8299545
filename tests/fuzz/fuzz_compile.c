/* fuzz_compile.c - any bytes as a program, in a world without an engine: it ends, what is wrong is told,
 * and what compiles gives the same graph each time, whose JSON reads back to itself. */
#include "tests/fuzz/fuzzing.h"
#include "tests/unit/fake_world.h"

/* A clock that only moves when it is looked at (linked with --wrap), so that a time limit is met at
 * the same place on every machine, and soon: 5 s are 2,500 looks. */
#define LOOK_NS 2000000

int64_t __wrap_zpl_clock_monotonic_ns(void);

int64_t __wrap_zpl_clock_monotonic_ns(void)
{
    static int64_t now;
    return now += LOOK_NS;
}

static const char *const files[] = {
    "lib.zpl",  "local k = 2 return { double = function (x) return x * k end, days = 30 }",
    "bad.zpl",  "local x = = 1",
    "self.zpl", "return import 'self.zpl'",
    NULL};

static enum zpl_err compile(const struct zpl_buf *text, struct zpl_program *program)
{
    struct zpl_world world = fake_world(false, files);
    struct zpl_compile_request request = {
        .name = "t.zpl", .text = zpl_buf_str(text), .len = text->len};
    return zpl_compile(&request, &world, program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zpl_program program, twice;
    struct zpl_buf text = {0}, shown = {0};
    zpl_buf_add(&text, data, size);
    enum zpl_err err = compile(&text, &program);
    FUZZ_CHECK((err != ZPL_OK) == (program.diags.errors > 0));
    zpl_diags_show(&program.diags, &program.sources, false, &shown);
    FUZZ_CHECK(!zpl_buf_error(&shown));
    if (err == ZPL_OK) {
        struct zpl_buf graph = fuzz_graph_text(&program.graph, &program.sources);
        fuzz_check_graph_text(&graph);
        FUZZ_CHECK(compile(&text, &twice) == ZPL_OK);
        struct zpl_buf again = fuzz_graph_text(&twice.graph, &twice.sources);
        FUZZ_SAME(zpl_buf_str(&graph), zpl_buf_str(&again));
        zpl_buf_release(&graph);
        zpl_buf_release(&again);
        zpl_program_release(&twice);
    }
    zpl_buf_release(&text);
    zpl_buf_release(&shown);
    zpl_program_release(&program);
    return 0;
}
