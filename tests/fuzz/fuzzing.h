/* fuzzing.h - what the fuzz targets share.  A target breaks by a sanitizer's finding or by abort(). */
#ifndef ZPL_TESTS_FUZZING_H
#define ZPL_TESTS_FUZZING_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/buf.h"
#include "lang/graph/graph_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Breaks the target, and says where. */
#define FUZZ_CHECK(holds)                                                                          \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The same for two texts, which are shown. */
#define FUZZ_SAME(a, b)                                                                            \
    do {                                                                                           \
        if (strcmp(a, b) != 0) {                                                                   \
            fprintf(stderr, "%s:%d: two texts differ:\n%s\n%s\n", __FILE__, __LINE__, a, b);       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The canonical JSON of the graph; the caller releases it. */
static inline struct zpl_buf fuzz_graph_text(const struct zpl_graph *graph,
                                             const struct zpl_sources *sources)
{
    struct zpl_buf text = {0};
    struct zpl_json *json = zpl_graph_to_json(graph, sources);
    FUZZ_CHECK(zpl_json_write(json, false, &text) == ZPL_OK);
    zpl_json_release(json);
    return text;
}

/* The graph that such a text says writes the very same text. */
static inline void fuzz_check_graph_text(const struct zpl_buf *text)
{
    struct zpl_json *json = NULL;
    struct zpl_graph graph;
    struct zpl_diags diags = {0};
    FUZZ_CHECK(zpl_json_parse(text->data, text->len, &json, NULL) == ZPL_OK);
    if (zpl_graph_from_json(json, &graph, &diags) != ZPL_OK)
        FUZZ_SAME(text->data, diags.items[0]->message);
    struct zpl_buf again = fuzz_graph_text(&graph, NULL);
    FUZZ_SAME(zpl_buf_str(text), zpl_buf_str(&again));
    zpl_buf_release(&again);
    zpl_graph_release(&graph);
    zpl_json_release(json);
    zpl_diags_release(&diags);
}

#endif
