# What a newcomer types wrongly: each is told as what it is, with what was meant, and exit code 2.
. "$ROOT/tests/lib.sh"

mkdir -p m && cd m
printf 'a,b\n1,2\n3,4\n' >wide.csv
cat >x.zpl <<'Z'
local p = params { data = Path "wide.csv", k = 3 }
local rows = csv.read { p.data }
local few = sql [[ SELECT a, b * $k AS b FROM rows ]]
local most = sql [[ SELECT max(b) AS m FROM few ]]
Z
# says CODE WORDS HELP COMMAND...: how it ends, what it says, what it suggests
says() {
    code_wanted=$1 words=$2 help=$3
    shift 3
    expect "$code_wanted" zpl "$@"
    contains err "$words"
    contains err "= help: $help"
    [ "$(grep -c 'error\[' err)" = 1 ] || fail "zpl $*: more than one error"
}
expect 0 zpl run x.zpl

# something else in the place of a program
for command in run check plan graph repl; do
    says 2 "'wide.csv' is no program of zpl" 'a program reads it: local rows = csv.read "wide.csv"' $command wide.csv
done
says 2 "no file 'X.zpl'" "did you mean 'x.zpl'?" run X.zpl
says 2 "no file 'x'" "did you mean 'x.zpl'?" run x
says 2 "no file 'nothing_like_it'" 'name a .zpl file' run nothing_like_it
says 2 "x.zpl has no pipeline 'main'" "it declares none: leave out ':main'" run x.zpl:main

# commands and options
says 2 "no command 'rum'" 'did you mean `zpl run`?' rum x.zpl
says 2 "no command '-v'" 'did you mean `zpl version`?' -v
says 2 "no command '--json'" 'options stand behind the command: zpl run --json' --json run x.zpl
says 2 'no option --no-cahce' 'did you mean --no-cache?' run --no-cahce
says 2 'no option --no-cahce' 'did you mean --no-cache?' run --no-cahce x.zpl
says 2 "no param 'no-cahce'" "did you mean '--no-cache'?" run x.zpl --no-cahce
says 2 "no param 'formt'" "did you mean '--format'?" graph x.zpl --formt dot
says 2 "no param 'dat'" "did you mean '--data'?" run x.zpl --dat wide.csv
says 2 'no option -json' 'did you mean --json?' run x.zpl -json
says 2 'no option -j' 'did you mean --json or --jobs?' run x.zpl -j 3
says 2 'no option -k' 'options and params have two dashes, as --k' run x.zpl -k 4
says 2 'no option -F' '`zpl version --help` lists them' version -F
says 2 'takes fewer words' 'usage: zpl run FILE[:PIPELINE] [--PARAM VALUE …]; a param is given as --data wide.csv' \
    run x.zpl data=wide.csv
says 2 'takes fewer words' 'usage: zpl plan FILE[:PIPELINE] [--PARAM VALUE …]; of one step and what it needs: --only few' \
    plan x.zpl few

# steps, runs, pipelines
says 2 "no step 'few'" "did you mean 'sql@few'?" run x.zpl --only few
says 2 "no step 'fwe'" "did you mean 'sql@few'?" plan x.zpl --from fwe
says 2 "no step 'sql'" "did you mean 'sql@few'?" why x.zpl sql
says 2 "no step 'csv'" "did you mean 'csv.read'?" why x.zpl csv
says 2 "no step 'read'" "did you mean 'csv.read'?" plan x.zpl --only read
says 2 "no step or output 'most'" 'did you mean 1/sql@most?' show 1/most
says 2 "no step or output 'most/rows'" 'did you mean 1/sql@most/rows?' export 1/most/rows out.csv
says 2 "no step 'csv.raed'" 'did you mean csv.read?' logs last/csv.raed
says 2 "no step 'zzz'" '`zpl show 1` lists its steps' logs last/zzz
says 2 "'lst' is no run" 'did you mean `last`?' show lst
says 2 "'csv.read' is no run" '`zpl runs` lists them; a step of the last one is last/csv.read' show csv.read
says 2 "'csv.read' is no run" '`zpl runs` lists them' diff csv.read
says 2 "'x.zpl' is no run" '`zpl runs x` lists those of this file' logs x.zpl
says 2 "no step or word 'xgboost'" "did you mean 'xgboost.train'?" doc xgboost
says 2 "no pipeline called 'x.zpl'" "did you mean 'x'?" runs x.zpl
says 2 "no pipeline called 'zzz'" '`zpl runs` lists the runs of all' runs zzz

# from the folder above: its data is found, a path of the command line is one of where one stands
cd ..
expect 0 zpl run m/x.zpl
contains out "3 cached"
expect 0 zpl run m/x.zpl --data m/wide.csv
expect 3 zpl run m/x.zpl --data wide.csv
contains err "--data wide.csv is looked for in the folder where you are, not in the project's"
contains err "the one of the project: --data $PWD/m/wide.csv"
expect 0 zpl run m/x.zpl --data "$PWD/m/wide.csv"
says 2 "'m' is a folder" "did you mean 'm/x.zpl'?" run m
says 2 "no file 'm/y.zpl'" "did you mean 'm/x.zpl'?" run m/y.zpl
says 2 'nothing has run' 'run a pipeline first' show
mkdir m/below
cd m/below
says 2 "nothing has run in $PWD yet" "in ${PWD%/below} it did: go there, or put a file project.zpl there" runs
touch ../project.zpl
expect 0 zpl runs
cd ../..
