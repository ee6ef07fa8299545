/* tensor_figures.c - what elements of Tensors are like; see tensor.h.   Floor: stdlib. */
#include <math.h>
#include <string.h>
#include "stdlib/table/tensor.h"

double zpl_tensor_at(const struct zpl_tensor_element *element, const void *bytes, uint64_t at)
{
    const char *p = (const char *)bytes + at * element->bytes;
    int64_t i = 0;
    uint64_t u = 0;
    double d;
    float f;
    switch (element->form) {
    case ZPL_TENSOR_REAL:
        if (element->bytes == sizeof f) {
            memcpy(&f, p, sizeof f);
            return (double)f;
        }
        memcpy(&d, p, sizeof d);
        return d;
    case ZPL_TENSOR_SIGNED:
        memcpy(&i, p, element->bytes);
        i = (int64_t)((uint64_t)i
                      << (64 - 8 * element->bytes)); /* the sign goes to the front, and back */
        return (double)(i >> (64 - 8 * element->bytes));
    default:
        memcpy(&u, p, element->bytes);
        return (double)u;
    }
}

void zpl_tensor_look(const struct zpl_tensor_element *element, const void *bytes, uint64_t count,
                     struct zpl_tensor_figures *figures)
{
    for (uint64_t i = 0; i < count; i++) {
        double x = zpl_tensor_at(element, bytes, i);
        bool first = figures->count == figures->nan;
        figures->count++;
        if (isnan(x)) {
            figures->nan++;
            continue;
        }
        figures->min = first || x < figures->min ? x : figures->min;
        figures->max = first || x > figures->max ? x : figures->max;
        figures->sum += x;
    }
}
