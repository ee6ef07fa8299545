# The pipelines in tests/language, as people would write them: those whose steps there are check and run,
# each of the others fails on nothing but what this version does not have.      Time limit: 180 s
. "$ROOT/tests/lib.sh"
need python3
cp "$ROOT"/tests/language/*.zpl .

python3 - <<'P'
import random, os
random.seed(5)
os.makedirs("csv"); os.makedirs("acme")
def write(name, header, rows):
    with open(f"csv/{name}.csv", "w") as f:
        f.write(header + "\n")
        for row in rows:
            f.write(",".join(str(v) for v in row) + "\n")
tails = [f"N{i:03}" for i in range(40)]
flights = []
for i in range(4000):
    day, hour = i % 300, random.randrange(24)
    late = int(random.gauss(hour - 8, 12))
    flights.append((f"2013-{1 + day // 28:02}-{1 + day % 28:02} {hour:02}:00:00", random.choice("AB"), random.choice(tails),
                    random.choice(["JFK", "LGA"]), random.randrange(100, 2500), late, 600 + late, random.randrange(30, 300)))
write("flights", "time_hour,carrier,tailnum,origin,distance,arr_delay,arr_time,air_time", flights)
write("planes", "tailnum,year,seats", [(t, 1990 + i % 20, 50 + i) for i, t in enumerate(tails)])
write("airlines", "carrier,name", [("A", "Alpha"), ("B", "Beta")])
weather = sorted({(o, f[0]) for f in flights for o in ("JFK", "LGA")})
write("weather", "origin,time_hour,wind_speed,visib", [(o, t, random.randrange(30), 10) for o, t in weather])
write("churn", "age,usage,churned", [(a, u, str(a * 3 + u + random.randrange(200) > 300).lower())
      for a, u in ((random.randrange(18, 90), random.randrange(200)) for _ in range(900))])
write("loans", "id,income,defaulted", [(i, random.randrange(9000), str(random.random() < .3).lower()) for i in range(200)])
P
mkdir -p data/nycflights lake
parquet() { # parquet NAME FILE: the CSV as Parquet, by way of the store
    echo "csv.read 'csv/$1.csv'" >convert.zpl
    expect 0 zpl run convert.zpl --json
    digest=$(json out "j['steps'][0]['outputs']['rows']['digest']")
    cp ".zpl/objects/$(echo "$digest" | cut -c 1-2)/$(echo "$digest" | cut -c 3-)" "$2"
}
for name in flights planes weather; do parquet $name data/nycflights/$name.parquet; done
cp csv/airlines.csv data/nycflights/
parquet churn data/churn.parquet
cp csv/loans.csv loans.csv
cp 06_template.zpl acme/tabular.zpl

# those that check and run
expect 0 zpl run 02_nyc.zpl --json
equal "$(json out "j['status']")" done
expect 0 zpl run 02_nyc.zpl --minutes 30 --json
equal "$(status_of out parquet.read@flights)" cached
expect 0 zpl run 04_sweep.zpl --json
equal "$(json out "sum(s['step'] == 'xgboost.train' for s in j['steps'])")" 46
equal "$(json out "j['status']")" done
# the functions of Python that they name, as far as a check looks at them
printf 'def import_(): ...\ndef train(train): ...\ndef validate(model, test): ...\n' >steps.py
echo 'def fit(train, epochs=5, lr=0.001): ...' >net.py
echo 'def fit(train, label): ...' >forest.py
printf 'def load(folder, size=224): ...\ndef fit(train): ...\n' >pets.py
: >requirements.txt
expect 0 zpl check 01_seed.zpl
expect 0 zpl check 09_images.zpl
expect 0 zpl check 11_stacks.zpl
contains out "3 stacks, no errors"

# those that wait for something: what each says, as CODE and the text in the place that is told
waits() { # waits FILE EXPECTED…: the errors of a check, each "CODE word"
    file=$1
    shift
    run zpl check "$file" --json
    [ "$code" = 3 ] || [ "$code" = 2 ] || fail "zpl check $file ended with $code"
    python3 - "$file" "$@" <<'P'
import json, sys
file, expected = sys.argv[1], sys.argv[2:]
got = []
for d in json.load(open("out"))["diagnostics"]:
    if d["severity"] != "error":
        continue
    lines = open(d["file"]).read().split("\n")
    place = lines[d["line"] - 1][d["col"] - 1:d["end_col"] - 1] if d["line"] == d["end_line"] else "?"
    got.append(d["code"] + " " + place)
if sorted(got) != sorted(expected):
    sys.exit(f"{file} says {sorted(got)}, not {sorted(expected)}")
P
}
waits 03_torch.zpl 'E060 "data/digits.parquet"'
waits 05_batch.zpl "E105 day" 'E060 p.lake / "labelled"' "E010 write"
waits 06_template.zpl "E002 select"
waits 06b_use.zpl "E002 select" "E011 model" "E011 model" # Lua's select; scoring a model of sklearn
waits 07_fanout.zpl "E060 p.raw" "E002 concat" "E010 write"
waits 08_text.zpl 'E060 "docs.csv.zst"' "E002 tokenize" "E002 tfidf" "E002 logistic" "E002 apply" "E002 chain"
waits 10_approve.zpl "E105 week" "E002 select" "E002 approve"

# Time zones are looked up where the machine has a list of them.
for zone in Berlin Berln; do
    echo "pipeline \"p\" { build = function (p) end, schedule = { cron = '0 6 * * *', timezone = 'Europe/$zone' } }" >$zone.zpl
done
expect 0 zpl check Berlin.zpl
if [ -e /usr/share/zoneinfo/Etc/UTC ]; then
    expect 3 zpl check Berln.zpl
    contains err "there is no time zone of this name"
fi
