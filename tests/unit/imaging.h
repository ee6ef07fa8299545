/* imaging.h - closure images of the bodies of whole programs, for tests. */
#ifndef ZPL_TESTS_IMAGING_H
#define ZPL_TESTS_IMAGING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/dsl/closure.h"
#include "tests/unit/fake_world.h"

/* Compiles a program with a step whose body is `body`, between `head` and `tail`. */
static inline enum zpl_err compile_body(const char *head, const char *body, const char *tail,
                                        struct zpl_program *program)
{
    static const char *const files[] = {
        "helpers.zpl", "local k = 3 return { add = function (x) return x + k end, k = k }", NULL};
    struct zpl_buf text = {0};
    zpl_buf_printf(&text,
                   "%s\nlocal s = step \"s\" { signature = \"(n: Int) -> (n: Int)\", lua = %s }\n"
                   "s { 1 }\n%s\n",
                   head, body, tail);
    struct zpl_world world = fake_world(false, files);
    struct zpl_compile_request request = {
        .name = "t.zpl", .text = zpl_buf_str(&text), .len = text.len};
    enum zpl_err err = zpl_compile(&request, &world, program);
    zpl_buf_release(&text);
    return err;
}

/* The image of that body, freed by the caller; NULL (told) when it does not compile. */
static inline char *image_between(const char *head, const char *body, const char *tail)
{
    struct zpl_program program;
    char *image = NULL;
    if (compile_body(head, body, tail, &program) == ZPL_OK) {
        const struct zpl_node *node = &program.graph.nodes[program.graph.count - 1];
        image = strdup(node->body);
        struct zpl_digest digest = zpl_closure_identity(image, strlen(image));
        char hex[ZPL_HEX_SIZE];
        zpl_digest_hex(&digest, hex);
        assert_string_equal(hex, node->identity);
    } else {
        struct zpl_buf buf = {0};
        zpl_diags_show(&program.diags, &program.sources, false, &buf);
        print_message("%s", zpl_buf_str(&buf));
        zpl_buf_release(&buf);
    }
    zpl_program_release(&program);
    return image;
}

static inline char *image_of(const char *head, const char *body)
{
    return image_between(head, body, "");
}

#endif
