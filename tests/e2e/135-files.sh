# files "pattern": one step a file, in the order of names; a file that comes or changes reruns its own
# steps alone, wherever the project stands and whatever its folder is called.
. "$ROOT/tests/lib.sh"
project="$TMP/a [b] {c}*"
mkdir -p "$project/data/more"
for day in 03 01 02; do printf 'a,b\n%d,2\n' "${day#0}" >"$project/data/2024-$day.csv"; done
cp "$project/data/2024-01.csv" "$project/data/other.csv"
mkdir "$project/data/2024-04.csv"
cat >"$project/days.zpl" <<'Z'
local p = params { glob = Path "data/2024-*.csv" }
each(files(p.glob), function (file)
  local day = csv.read(file)
  return sql [[ SELECT a, sum(b) AS b FROM day GROUP BY a ]]
end)
Z
expect 0 zpl run "$project/days.zpl" --json
equal "$(json out "len(j['steps'])")" 6
equal "$(json out "sorted(set(s['status'] for s in j['steps']))")" '["ran"]'
printf 'a,b\n9,9\n' >"$project/data/2024-00.csv"
expect 0 zpl run "$project/days.zpl" --json
equal "$(json out "[s['name'] for s in j['steps'] if s['status'] == 'ran']")" '["csv.read[1]", "sql[1]"]'
printf 'a,b\n8,8\n' >"$project/data/2024-02.csv"
expect 0 zpl run "$project/days.zpl" --json
equal "$(json out "[s['name'] for s in j['steps'] if s['status'] == 'ran']")" '["csv.read[3]", "sql[3]"]'
expect 0 zpl graph "$project/days.zpl" --json
equal "$(json out "[a['value']['literal']['path'] for n in j['nodes'] if n['step'] == 'csv.read' for a in n['arguments'] if a['name'] == 'path']")" \
    '["data/2024-00.csv", "data/2024-01.csv", "data/2024-02.csv", "data/2024-03.csv"]'
expect 3 zpl check "$project/days.zpl" --glob "$project/data/none*"
contains err "no file matches"

# A text that is too large meets a limit, as the file that is checked and as one it imports.
{
    echo 'local x = 1'
    yes -- '-- and so on' | head -c 1100000
} >big.zpl
echo 'local x = import "big"' >imports_big.zpl
for file in big.zpl imports_big.zpl; do
    expect 3 zpl check "$file"
    contains err "error[E004]"
    contains err "is too large: the text of a program has at most 1048576 bytes"
done
