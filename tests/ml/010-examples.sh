# The examples with PyTorch and TensorFlow, by what is current of these.      Time limit: 1000 s
. "$ROOT/tests/lib.sh"
for name in torch tensorflow; do
    [ -x "$ROOT/build/ml-$name/bin/python3" ] || skip "there is no build/ml-$name (make test-ml)"
done
before=$PATH

mkdir torch tensorflow
PATH="$ROOT/build/ml-torch/bin:$before"
cd torch && cp "$ROOT"/examples/torch/* . && expect 0 zpl run digits.zpl --json
equal "$(status_of out deploy)" ran "the net is good enough to be deployed; it"
# held to the same work done by two processes of Python alone
cp out run.json
cat >alone.py <<'P'
import json
import os
import zpl
from steps import fit, judge
net = fit(zpl.load("last/split/train"))
if os.environ["RANK"] == "0":
    want = judge(net, zpl.load("last/split/test"))
    steps = {s["name"]: s for s in json.load(open("run.json"))["steps"]}
    have = steps["judge"]["outputs"]["report"]["value"]
    assert have == want, (have, want)
P
MASTER_PORT=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
together="MASTER_PORT=$MASTER_PORT MASTER_ADDR=127.0.0.1 WORLD_SIZE=2 OMP_NUM_THREADS=1 PYTHONPATH=$ROOT/stdlib/python"
# shellcheck disable=SC2086
env $together RANK=1 python3 alone.py >log 2>&1 &
# shellcheck disable=SC2086
env $together RANK=0 python3 alone.py
wait $!
expect 0 zpl reproduce last --json
equal "$(json out "sorted({s['status'] for s in j['steps']})")" '["effect", "same"]'

PATH="$ROOT/build/ml-tensorflow/bin:$before"
cd ../tensorflow && cp "$ROOT"/examples/tensorflow/* . && expect 0 zpl run birds.zpl --json
equal "$(status_of out deploy)" ran "the net is good enough to be deployed; it"
have=$(json out "[s['outputs']['report']['value']['accuracy'] for s in j['steps'] if s['name'] in ('judge', 'evaluate')]")
equal "$(echo "$have" | python3 -c 'import json, sys; print(len(set(json.load(sys.stdin))))')" 1 "zpl tells the test birds as Keras tells them; the kinds of accuracy that there are"
expect 0 zpl reproduce last --json
equal "$(json out "[s['status'] for s in j['steps'] if s['name'] == 'judge']")" '["same"]'
equal "$(json out "[s['status'] for s in j['steps'] if s['name'] == 'fit']")" '["same"]'
# elsewhere there is no Keras, and that is told
PATH=$before
expect 1 zpl run birds.zpl --epochs 3 --json
