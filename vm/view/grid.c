/* grid.c - see grid.h.   Floor: vm. */
#include "vm/view/grid.h"

#include <string.h>

#include "vm/view/term.h"

#define GAP       2
#define CUT_LEAST 8 /* columns below which a column is left out rather than cut */

void zpl_grid_init(struct zpl_grid *grid, size_t columns)
{
    memset(grid, 0, sizeof *grid);
    grid->columns = columns;
    grid->right = zpl_arena_array(&grid->arena, columns + 1, sizeof *grid->right);
}

void zpl_grid_cell(struct zpl_grid *grid, const char *text)
{
    const char **cells =
        zpl_arena_grow(&grid->arena, grid->cells, grid->rows, &grid->capacity, sizeof *cells);
    if (cells == NULL)
        return;
    grid->cells = cells;
    const char *copy = zpl_arena_strdup(&grid->arena, text);
    cells[grid->rows++] = copy != NULL ? copy : "";
}

void zpl_grid_right(struct zpl_grid *grid, size_t column)
{
    if (grid->right != NULL && column < grid->columns)
        grid->right[column] = true;
}

static unsigned widest(const struct zpl_grid *grid, size_t column)
{
    unsigned most = 0;
    for (size_t i = column; i < grid->rows; i += grid->columns) {
        unsigned columns = zpl_term_columns(grid->cells[i]);
        if (columns > most)
            most = columns;
    }
    return most;
}

/* Fills the widths of the columns that fit; how many. */
static size_t measure(const struct zpl_grid *grid, unsigned room, unsigned most, unsigned *widths)
{
    unsigned used = 0;
    for (size_t c = 0; c < grid->columns; c++) {
        bool last = c + 1 == grid->columns;
        unsigned gap = c > 0 ? GAP : 0;
        unsigned want = widest(grid, c);
        if (want > most && !last)
            want = most;
        if (room > 0 && used + gap + want > room) {
            unsigned left = room > used + gap ? room - used - gap : 0;
            bool cut = left >= CUT_LEAST && (last || want > 3 * CUT_LEAST);
            if (!cut && c > 0)
                return c;
            widths[c] = left > 0 ? left : 1;
            return c + 1;
        }
        widths[c] = want;
        used += gap + want;
    }
    return grid->columns;
}

static void show_cell(const struct zpl_grid *grid, size_t at, unsigned width, struct zpl_buf *out)
{
    unsigned have = zpl_term_columns(grid->cells[at]);
    if (grid->right != NULL && grid->right[at % grid->columns] && have < width)
        zpl_buf_repeat(out, ' ', width - have);
    zpl_term_cell(out, grid->cells[at],
                  grid->right != NULL && grid->right[at % grid->columns] && have < width ? have
                                                                                         : width);
}

size_t zpl_grid_show(const struct zpl_grid *grid, unsigned indent, unsigned width, unsigned most,
                     bool colour, struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    unsigned *widths = zpl_arena_array(&arena, grid->columns + 1, sizeof *widths);
    unsigned room = width == 0 ? 0 : width > indent + CUT_LEAST ? width - indent : CUT_LEAST;
    size_t count = widths != NULL ? measure(grid, room, most, widths) : 0;
    for (size_t row = 0; count > 0 && row + grid->columns <= grid->rows; row += grid->columns) {
        zpl_buf_repeat(out, ' ', indent);
        zpl_buf_puts(out, row == 0 ? zpl_term_paint(ZPL_DIM, colour) : "");
        for (size_t c = 0; c < count; c++) {
            zpl_buf_repeat(out, ' ', c > 0 ? GAP : 0);
            show_cell(grid, row + c, widths[c], out);
        }
        while (out->len > 0 && out->data[out->len - 1] == ' ')
            zpl_buf_truncate(out, out->len - 1);
        zpl_buf_puts(out, row == 0 ? zpl_term_paint(ZPL_PLAIN, colour) : "");
        zpl_buf_putc(out, '\n');
    }
    zpl_arena_release(&arena);
    return count;
}

void zpl_grid_release(struct zpl_grid *grid)
{
    zpl_arena_release(&grid->arena);
    memset(grid, 0, sizeof *grid);
}
