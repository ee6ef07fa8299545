# `zpl show --html` writes one page about a run: whole, needing nothing else, with every text escaped.
. "$ROOT/tests/lib.sh"
need python3
flights flights.csv 300
cat >page.zpl <<'Z'
local p = params { title = "<script>alert(1)</script>&amp;" }
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local rows = sql [[ SELECT hour(date) AS hour, distance, '"><img src=x onerror=alert(2)>' AS "a<b>", delay > 15 AS late FROM flights ]]
local train, test = split { sql [[ SELECT hour, distance, late FROM rows ]], ratio = 0.8, seed = 7 }
local model = xgboost.train { train, label = "late", rounds = 5 }
local report = evaluate { model, test }
local bad = step "fails<b>" { signature = "(rows: Table {hour: Int}) -> (s: String)", lua = function (t) error("no </p><b> & \"way\"") end } { rows }
step "later" { signature = "(s: String) -> (t: String)", lua = function (t) return t.s end } { bad }
Z
expect 1 zpl run page.zpl
expect 0 zpl show --html page.html
contains out "page.html"
expect 0 zpl show last --json
cp out run.json
expect 0 zpl graph page.zpl --json
cp out graph.json
python3 - <<'P'
import json
from html.parser import HTMLParser
run, graph = json.load(open("run.json")), json.load(open("graph.json"))
class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.open, self.ids, self.links, self.nodes, self.edges = {}, [], [], set(), [], [], 0
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for key, value in a.items():
            assert key not in ("src", "onerror", "onclick", "srcset", "data"), (tag, key)
            if key == "href":
                assert value.startswith("#"), value
                self.links.append(value[1:])
            if key == "id":
                self.ids.add(value)
        if a.get("class", "").startswith("node"):
            self.nodes.append(a["class"].split()[1])
        self.edges += a.get("class", "").startswith("edge")
        if tag not in ("meta", "rect", "path"):
            self.open.append(tag)
    def handle_endtag(self, tag):
        if tag not in ("meta", "rect", "path"):
            assert self.open and self.open.pop() == tag, (tag, self.open)
    def handle_data(self, data):
        self.text.append(data)
text = open("page.html", encoding="utf-8").read()
page = Page()
page.feed(text)
seen = "".join(page.text)
assert not page.open, page.open
assert "script" not in page.tags and "img" not in page.tags and "link" not in page.tags, page.tags
assert "url(" not in text and "@import" not in text
for words in ("<script>alert(1)</script>&amp;", '"><img src=x onerror=alert(2)>', 'no </p><b> & "way"', "fails<b>", "a<b>"):
    assert words in seen, words
assert set(page.links) <= page.ids, set(page.links) - page.ids
assert page.nodes == [s["status"] for s in run["steps"]], page.nodes
def refs(v):
    if isinstance(v, dict):
        return {v["ref"][0]} if "ref" in v else set().union(*map(refs, v.values()), set())
    return set().union(*map(refs, v), set()) if isinstance(v, list) else set()
want = sum(len(refs(n["arguments"]) | refs(n.get("when", {})) | set(n.get("after", []))) for n in graph["nodes"])
assert page.edges == want, (page.edges, want)
report = next(s for s in run["steps"] if s["name"] == "evaluate")["outputs"]["report"]["value"]
assert repr(report["auc"]) in seen, report
assert "prefers-color-scheme:dark" in text
P

# of a folder with many files the first are listed, and how many more there are
mkdir many && cat >many/many.zpl <<'Z'
step "write" { signature = "() -> (many: Dir, one: Dir)",
  command = { "sh", "-c", "mkdir $many $one; cd $many; seq 60 | xargs touch; touch $one/a" } } {}
Z
cd many
expect 0 zpl run many.zpl
expect 0 zpl show --html many.html
contains many.html "<p>60 files</p>"
contains many.html "… 10 more files"
contains many.html "<p>1 file</p>"
cd ..

# whole or not at all; mistakes
echo kept >old.html
ZPL_FAULT=rename:0 run zpl show --html old.html
equal "$code" 1
equal "$(cat old.html)" kept "a page that could not be written"
[ -z "$(find . -name '.zpl-*' -type f)" ] || fail "a half page is left"
expect 1 zpl show --html none/page.html
contains err "none/page.html"
expect 2 zpl show last/split --html page.html
contains err "a whole run"
expect 2 zpl show --html page.html --json
expect 2 zpl show 9 --html page.html
contains err "there is no run 9"

# a table whose bytes are torn does not keep the rest from being seen
object=.zpl/objects/$(json run.json "(lambda d: d[:2] + '/' + d[2:])(j['steps'][0]['outputs']['rows']['digest'])")
chmod u+w "$object" && echo torn >"$object"
expect 0 zpl show --html page.html
contains page.html "it can't be looked at"
contains page.html "auc"
