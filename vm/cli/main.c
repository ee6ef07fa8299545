/* main.c - the program: the zygote before anything is open, and the command.   Floor: vm. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fault.h"
#include "vm/cli/cli.h"
#include "vm/view/term.h"
#include "vm/worker/worker.h"

volatile sig_atomic_t zpl_cli_signal;

static void on_signal(int number)
{
    if (zpl_cli_signal != 0)
        _exit(128 + number); /* asked twice: at once; the store holds what was finished */
    zpl_cli_signal = number;
}

/* SIGINT and SIGTERM end waits (no SA_RESTART); a reader that went away is an error code. */
static void install_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

bool zpl_cli_start_workers(struct zpl_cli *cli)
{
    struct zpl_diags diags = {0};
    struct zpl_buf text = {0};
    zpl_worker_prepare();
    /* Where no step runs one worker answers all questions, and has nobody to share with. */
    zpl_worker_ready ready = cli->command->options & ZPL_OPT_JOBS ? zpl_worker_ready_tables : NULL;
    bool fine = zpl_zygote_start(zpl_worker_loop, ready, &cli->zygote, &diags) == ZPL_OK;
    if (!fine) {
        zpl_diags_show(&diags, NULL, cli->colour_err, &text);
        fputs(zpl_buf_str(&text), stderr);
    }
    zpl_buf_release(&text);
    zpl_diags_release(&diags);
    return fine;
}

/* Does the command run steps or ask the engine?  Only then there is a zygote, forked before anything else;
 * a command that may be over without one starts it itself, with nothing open. */
static bool needs_workers(const struct zpl_cli *cli)
{
    return (cli->command->options & (ZPL_OPT_PARAMS | ZPL_OPT_ENGINE)) &&
           !(cli->options & ZPL_OPT_EXPLAIN) && cli->command->run != zpl_cmd_run;
}

static int run_command(struct zpl_cli *cli)
{
    if (cli->options & ZPL_OPT_HELP || cli->command == NULL) {
        zpl_cli_help(cli);
        return ZPL_EXIT_DONE;
    }
    if (needs_workers(cli) && !zpl_cli_start_workers(cli))
        return ZPL_EXIT_UNREACHABLE;
    install_signals();
    return cli->command->run(cli);
}

/* Is standard output a pipe whose reader had enough (`zpl runs | head -1`)? */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int main(int argc, char **argv)
{
    struct zpl_cli cli = {0};
    zpl_fault_init();
    zpl_term_init(&cli.terminal, &cli.colour_out, &cli.colour_err, &cli.width);
    enum zpl_err err = zpl_cli_parse(&cli, argc, argv);
    int code = err == ZPL_OK ? run_command(&cli) : ZPL_EXIT_USAGE;
    if ((err != ZPL_OK && zpl_arena_failed(&cli.arena)) ||
        (code == ZPL_EXIT_DONE && zpl_cli_print_failed())) {
        fputs("error[E201]: out of memory\n", stderr);
        code = ZPL_EXIT_FAILED;
    }
    if (cli.zygote != NULL)
        zpl_zygote_release(cli.zygote);
    zpl_arena_release(&cli.arena);
    /* A write that failed earlier is not told again by a flush that succeeds. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == ZPL_EXIT_DONE && !reader_left()) {
        fputs("error: standard output can't be written\n", stderr);
        code = ZPL_EXIT_FAILED;
    }
    zpl_fault_tell();
    return code;
}
