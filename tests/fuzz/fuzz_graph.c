/* fuzz_graph.c - any bytes as the JSON of a graph: what is read is written in a form that reads back to
 * itself. */
#include "tests/fuzz/fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zpl_json *json = NULL;
    struct zpl_graph graph;
    struct zpl_diags diags = {0};
    if (zpl_json_parse((const char *)data, size, &json, NULL) == ZPL_OK) {
        enum zpl_err err = zpl_graph_from_json(json, &graph, &diags);
        FUZZ_CHECK((err != ZPL_OK) == (diags.errors > 0));
        if (err == ZPL_OK) {
            struct zpl_buf text = fuzz_graph_text(&graph, NULL);
            fuzz_check_graph_text(&text);
            zpl_buf_release(&text);
            zpl_graph_release(&graph);
        }
    }
    zpl_json_release(json);
    zpl_diags_release(&diags);
    return 0;
}
