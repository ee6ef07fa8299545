/* Where the functions of a closure image stand in the program: for the words of an error alone, so it is
 * no part of the image. */
#include "lang/dsl/step.h"

/* The line of the program of every line of the function's text in the image. */
static struct zpl_json *lines_json(const struct zpl_tree *tree, uint32_t function)
{
    struct zpl_buf text = {0};
    struct zpl_emit_map map = {0};
    struct zpl_json *lines = zpl_json_array();
    bool fine = zpl_emit_node(tree, function, &text, &map) == ZPL_OK;
    for (size_t i = 1; fine && i < map.count; i++) {
        uint32_t token = zpl_emit_map_token(&map, (int)i);
        zpl_json_add_take(lines,
                          zpl_json_int(token == ZPL_NO_TOKEN ? 0 : tree->tokens[token].line));
    }
    zpl_emit_map_release(&map);
    zpl_buf_release(&text);
    return lines;
}

static struct zpl_json *names_json(const struct zpl_tree *tree, uint32_t function, bool locals)
{
    struct zpl_buf text = {0};
    bool fine = zpl_emit_name_list(tree, function, locals, &text) == ZPL_OK;
    struct zpl_json *names = fine ? zpl_json_stringn(zpl_buf_str(&text), text.len) : NULL;
    zpl_buf_release(&text);
    return names;
}

struct zpl_json *zpl_places_json(const struct zpl_unit *unit, uint32_t function)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "file", zpl_json_string(unit->name));
    zpl_json_set_take(o, "lines", lines_json(unit->tree, function));
    zpl_json_set_take(o, "locals", names_json(unit->tree, function, true));
    zpl_json_set_take(o, "free", names_json(unit->tree, function, false));
    return o;
}
