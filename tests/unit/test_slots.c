/* Slots of limits: so many at a time over all stores opened on one home, whole or not at all, freed when
 * their holder ends in whatever way, and left to others who wait. */
#include "lang/graph/graph.h"
#include "tests/unit/sqlite_fixture.h"

#define NEED(name, slots, of)                                                                      \
    (struct zpl_limit_use)                                                                         \
    {                                                                                              \
        name, slots, of                                                                            \
    }

/* Takes for a holder what is listed; the first that lacks is put into `lacked`. */
static size_t lacked;
static enum zpl_err take(struct fixture *f, struct zpl_metadata *store, const char *holder,
                         const struct zpl_limit_use *uses, size_t count)
{
    struct zpl_digest digest = digest_of(holder);
    lacked = SIZE_MAX;
    return store->slots_take(store->self, &digest, uses, count, &lacked, &f->diags);
}

static enum zpl_err take_one(struct fixture *f, struct zpl_metadata *store, const char *holder,
                             const char *name, uint32_t of)
{
    return take(f, store, holder, &NEED(name, 1, of), 1);
}

static void give(struct zpl_metadata *store, const char *holder)
{
    struct zpl_digest digest = digest_of(holder);
    store->slots_give(store->self, &digest);
}

static struct zpl_metadata open_other(struct fixture *f)
{
    struct zpl_metadata other;
    assert_int_equal(zpl_metadata_open(&f->config, true, &other, &f->diags), ZPL_OK);
    return other;
}

static void so_many_are_taken_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct zpl_metadata other = open_other(f);
    assert_int_equal(take_one(f, &f->store, "a", "db", 3), ZPL_OK);
    assert_int_equal(take_one(f, &other, "b", "db", 3), ZPL_OK);
    assert_int_equal(take_one(f, &f->store, "c", "db", 3), ZPL_OK);
    assert_int_equal(take_one(f, &f->store, "d", "db", 3), ZPL_ERR_BUSY);
    assert_int_equal(lacked, 0);
    assert_int_equal(take_one(f, &other, "e", "db", 3), ZPL_ERR_BUSY);
    assert_int_equal(take_one(f, &other, "e", "licence", 1), ZPL_OK); /* another limit */
    give(&other, "b");
    assert_int_equal(take_one(f, &f->store, "d", "db", 3), ZPL_OK);
    give(&f->store, "x"); /* who has none gives back none */
    assert_int_equal(take_one(f, &other, "g", "db", 3), ZPL_ERR_BUSY);
    assert_int_equal(f->diags.count, 0);
    other.release(other.self);
}

static void who_has_slots_knows_which(void **state)
{
    struct fixture *f = *state;
    struct zpl_digest a = zpl_digest_of("a", 1), b = zpl_digest_of("b", 1);
    uint32_t of_a[4], of_b[4];
    assert_int_equal(f->store.slots_of(f->store.self, &a, "gpu", of_a, 4), 0);
    assert_int_equal(take(f, &f->store, "a", &NEED("gpu", 2, 3), 1), ZPL_OK);
    assert_int_equal(take_one(f, &f->store, "b", "gpu", 3), ZPL_OK);
    assert_int_equal(take_one(f, &f->store, "a", "db", 1), ZPL_OK);
    assert_int_equal(f->store.slots_of(f->store.self, &a, "gpu", of_a, 4), 2);
    assert_int_equal(f->store.slots_of(f->store.self, &a, "gpu", of_a, 1), 1);
    assert_int_equal(f->store.slots_of(f->store.self, &b, "gpu", of_b, 4), 1);
    assert_int_equal((1 << of_a[0]) + (1 << of_a[1]) + (1 << of_b[0]), 7);
    give(&f->store, "a");
    assert_int_equal(f->store.slots_of(f->store.self, &a, "gpu", of_a, 4), 0);
}

static void all_that_is_asked_for_or_nothing(void **state)
{
    struct fixture *f = *state;
    struct zpl_metadata other = open_other(f);
    const struct zpl_limit_use both[] = {{"db", 2, 2}, {"licence", 1, 1}};
    assert_int_equal(take_one(f, &f->store, "a", "licence", 1), ZPL_OK);
    assert_int_equal(take(f, &other, "b", both, 2), ZPL_ERR_BUSY);
    assert_int_equal(lacked, 1);
    assert_int_equal(take(f, &f->store, "c", &NEED("db", 2, 2), 1), ZPL_OK);
    give(&f->store, "c");
    assert_int_equal(take_one(f, &f->store, "c", "db", 2), ZPL_OK);
    give(&f->store, "a");
    assert_int_equal(take(f, &other, "b", both, 2), ZPL_ERR_BUSY); /* one of the two is taken */
    assert_int_equal(lacked, 0);
    give(&f->store, "c");
    assert_int_equal(take(f, &other, "b", both, 2), ZPL_OK);
    assert_int_equal(take_one(f, &f->store, "d", "db", 2), ZPL_ERR_BUSY);
    give(&other, "b");
    assert_int_equal(take(f, &f->store, "d", both, 2), ZPL_OK);
    other.release(other.self);
}

static void a_slot_goes_to_who_waits(void **state)
{
    struct fixture *f = *state;
    struct zpl_metadata other = open_other(f);
    assert_int_equal(take_one(f, &f->store, "a", "db", 1), ZPL_OK);
    give(&f->store, "a");
    assert_int_equal(take_one(f, &f->store, "b", "db", 1), ZPL_OK); /* nobody waits */
    assert_int_equal(take_one(f, &other, "c", "db", 1), ZPL_ERR_BUSY);
    give(&f->store, "b");
    assert_int_equal(take_one(f, &f->store, "d", "db", 1), ZPL_ERR_BUSY); /* the other's turn */
    assert_int_equal(take_one(f, &other, "c", "db", 1), ZPL_OK);
    assert_int_equal(take_one(f, &f->store, "d", "db", 1), ZPL_ERR_BUSY);
    give(&other, "c");
    assert_int_equal(take_one(f, &other, "e", "db", 1), ZPL_ERR_BUSY); /* and back */
    assert_int_equal(take_one(f, &f->store, "d", "db", 1), ZPL_OK);
    give(&f->store, "d");
    assert_int_equal(take_one(f, &f->store, "f", "db", 1), ZPL_ERR_BUSY);
    usleep((ZPL_SLOTS_TURN_MS + 20) * 1000);
    assert_int_equal(take_one(f, &f->store, "f", "db", 1), ZPL_OK); /* it did not come */
    give(&f->store, "f");
    other.slots_rest(other.self);
    assert_int_equal(take_one(f, &f->store, "g", "db", 1), ZPL_OK); /* it waits no more */
    other.release(other.self);
}

/* A process of its own that takes and then ends by a signal, without giving back. */
static void take_and_die(struct fixture *f, const struct zpl_limit_use *uses, size_t count)
{
    int ready[2], status;
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct zpl_metadata own;
        bool took = zpl_metadata_open(&f->config, true, &own, &f->diags) == ZPL_OK &&
                    take(f, &own, "child", uses, count) == ZPL_OK;
        (void)!write(ready[1], took ? "y" : "n", 1);
        pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(take(f, &f->store, "parent", &uses[i], 1), ZPL_ERR_BUSY);
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ready[0]);
    close(ready[1]);
}

static void a_killed_holder_frees_its_slots(void **state)
{
    struct fixture *f = *state;
    const struct zpl_limit_use uses[] = {{"db", 2, 2}, {"licence", 1, 1}};
    for (int i = 0; i < 3; i++) {
        take_and_die(f, uses, 2);
        assert_int_equal(take(f, &f->store, "parent", uses, 2), ZPL_OK);
        give(&f->store, "parent");
    }
    assert_int_equal(f->diags.count, 0);
}

/* Processes that take, look how many there are, and give back, for a while: never more than there may
 * be, and each comes to its turn. */
#define MANY  6
#define TURNS 20
static void never_more_than_there_are(void **state)
{
    struct fixture *f = *state;
    int counter[2], status;
    char tokens[2] = {'t', 't'}, byte;
    assert_int_equal(pipe2(counter, O_NONBLOCK | O_CLOEXEC), 0);
    assert_int_equal(write(counter[1], tokens, sizeof tokens), 2); /* as many as slots */
    for (int n = 0; n < MANY; n++) {
        if (fork() != 0)
            continue;
        struct zpl_metadata own;
        int bad = zpl_metadata_open(&f->config, true, &own, &f->diags) != ZPL_OK;
        for (int turn = 0; !bad && turn < TURNS;) {
            enum zpl_err err = take_one(f, &own, "x", "db", 2);
            if (err == ZPL_ERR_BUSY) {
                usleep(2000);
                continue;
            }
            bad = err != ZPL_OK || read(counter[0], &byte, 1) != 1; /* a third finds no token */
            usleep(1000);
            bad = bad || write(counter[1], tokens, 1) != 1;
            give(&own, "x");
            turn++;
        }
        _exit(bad);
    }
    for (int n = 0; n < MANY; n++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    close(counter[0]);
    close(counter[1]);
}

static void no_memory_takes_nothing(void **state)
{
    struct fixture *f = *state;
    const struct zpl_limit_use uses[] = {{"db", 1, 1}, {"licence", 1, 1}};
    struct zpl_metadata other = open_other(f);
    bool failed = true;
    for (long n = 0; failed; n++) {
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        enum zpl_err err = take(f, &f->store, "a", uses, 2);
        failed = zpl_fault_fired();
        zpl_fault_disarm();
        assert_int_equal(err, failed ? ZPL_ERR_NOMEM : ZPL_OK);
        if (failed) {
            assert_int_equal(take(f, &other, "b", uses, 2), ZPL_OK);
            give(&other, "b");
        }
    }
    assert_true(f->diags.count > 0);
    zpl_diags_clear(&f->diags);
    other.release(other.self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(so_many_are_taken_and_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_slots_knows_which, setup, teardown),
        cmocka_unit_test_setup_teardown(all_that_is_asked_for_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slot_goes_to_who_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_holder_frees_its_slots, setup, teardown),
        cmocka_unit_test_setup_teardown(never_more_than_there_are, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_takes_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
