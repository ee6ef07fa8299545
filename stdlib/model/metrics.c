/* metrics.c - figures about predictions.   Floor: stdlib. */
#include "stdlib/model/metrics.h"

#include <float.h>
#include <math.h>
#include <string.h>

void zpl_sum_add(struct zpl_sum *sum, double v)
{
    double t = sum->sum + v;

    if (fabs(sum->sum) >= fabs(v))
        sum->lost += (sum->sum - t) + v;
    else
        sum->lost += (v - t) + sum->sum;
    sum->sum = t;
}

double zpl_sum_value(const struct zpl_sum *sum)
{
    return sum->sum + sum->lost;
}

/* Radix sort from the lowest byte up; a byte that all keys share costs only its count. */
void zpl_keys_sort(uint64_t *keys, uint64_t *spare, size_t count)
{
    uint64_t *from = keys, *to = spare;

    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t places[256] = {0}, next = 0;

        for (size_t i = 0; i < count; i++)
            places[from[i] >> shift & 255]++;
        if (count == 0 || places[from[0] >> shift & 255] == count)
            continue;
        for (size_t b = 0; b < 256; b++) {
            size_t size = places[b];
            places[b] = next;
            next += size;
        }
        for (size_t i = 0; i < count; i++)
            to[places[from[i] >> shift & 255]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, count * sizeof *keys);
}

uint64_t zpl_auc_key(float score, bool positive)
{
    uint32_t bits;

    score += 0.0f; /* -0 becomes 0, so that they tie */
    memcpy(&bits, &score, sizeof bits);
    bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return (uint64_t)bits << 1 | positive;
}

double zpl_auc(uint64_t *keys, uint64_t *spare, size_t count)
{
    uint64_t positives = 0, negatives = 0;
    /* Twice the pairs in order: up to 2·(n/2)², over 64 bits only beyond 6e9 rows. */
    uint64_t doubled = 0;

    zpl_keys_sort(keys, spare, count);
    for (size_t i = 0; i < count;) {
        uint64_t score = keys[i] >> 1, tied_positives = 0, tied_negatives = 0;

        for (; i < count && keys[i] >> 1 == score; i++) {
            tied_positives += keys[i] & 1;
            tied_negatives += !(keys[i] & 1);
        }
        doubled += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
    }
    if (positives == 0 || negatives == 0)
        return NAN;
    return (double)doubled / (2.0 * (double)positives * (double)negatives);
}

double zpl_log_loss(double p)
{
    return -log(fmin(fmax(p, DBL_EPSILON), 1 - DBL_EPSILON));
}

double zpl_precision(uint64_t tp, uint64_t fp)
{
    return tp + fp ? (double)tp / (double)(tp + fp) : 0;
}

double zpl_recall(uint64_t tp, uint64_t fn)
{
    return tp + fn ? (double)tp / (double)(tp + fn) : 0;
}

double zpl_f1(uint64_t tp, uint64_t fp, uint64_t fn)
{
    return tp + fp + fn ? 2 * (double)tp / (double)(2 * tp + fp + fn) : 0;
}

double zpl_macro_f1(const uint64_t *confusion, size_t classes)
{
    double sum = 0;
    size_t present = 0;

    for (size_t c = 0; c < classes; c++) {
        uint64_t tp = confusion[c * classes + c], labels = 0, predictions = 0;

        for (size_t other = 0; other < classes; other++) {
            labels += confusion[c * classes + other];
            predictions += confusion[other * classes + c];
        }
        if (labels == 0 && predictions == 0)
            continue;
        sum += zpl_f1(tp, predictions - tp, labels - tp);
        present++;
    }
    return present ? sum / (double)present : 0;
}

double zpl_r2(const double *labels, size_t count, double squared_errors)
{
    struct zpl_sum sum = {0}, squares = {0};
    double mean, spread;

    for (size_t i = 0; i < count; i++)
        zpl_sum_add(&sum, labels[i]);
    mean = zpl_sum_value(&sum) / (double)count;
    for (size_t i = 0; i < count; i++)
        zpl_sum_add(&squares, (labels[i] - mean) * (labels[i] - mean));
    spread = zpl_sum_value(&squares);
    if (spread == 0)
        return squared_errors == 0 ? 1 : 0;
    return 1 - squared_errors / spread;
}
